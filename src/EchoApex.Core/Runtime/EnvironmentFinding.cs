namespace EchoApex.Core.Runtime;

/// <summary>One line of an environment report.</summary>
/// <param name="Name">What was looked at, such as "libtorch".</param>
/// <param name="Status">Whether it is as EchoApex needs it.</param>
/// <param name="Value">What was found.</param>
/// <param name="Remedy">What to do when the status is not <see cref="FindingStatus.Ok"/>; null otherwise.</param>
public sealed record EnvironmentFinding(string Name, FindingStatus Status, string Value, string? Remedy = null);
