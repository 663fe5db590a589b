namespace EchoApex.Heads.ViewClassification;

/// <summary>The view of a clip.</summary>
/// <param name="Likeliest">The likeliest view, however sure.</param>
/// <param name="Confidence">How sure, 0 to 1.</param>
/// <param name="Abstains">Whether that is too little to answer.</param>
/// <param name="Probabilities">One a view, in the order of the labels; they sum to 1.</param>
public sealed record ViewPrediction(string Likeliest, double Confidence, bool Abstains, IReadOnlyList<double> Probabilities)
{
    /// <summary>The answer; null for an abstention.</summary>
    public string? Label => Abstains ? null : Likeliest;
}
