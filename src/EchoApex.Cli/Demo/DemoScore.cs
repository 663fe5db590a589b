namespace EchoApex.Cli.Demo;

/// <summary>Accuracies of one kind of features on held-out phantoms, 0 to 1.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Knn">k-nearest neighbours.</param>
/// <param name="Linear">Linear probe.</param>
internal sealed record DemoScore(string Name, double Knn, double Linear);
