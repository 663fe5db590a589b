namespace EchoApex.Core.Deidentification;

/// <summary>What de-identification keeps on request. Everything else that could name a person goes.</summary>
public sealed record DeidentifyOptions
{
    /// <summary>Manufacturer and model of the scanner (PS3.15: retain device identity, without serial number and station).</summary>
    public bool KeepScanner { get; init; } = true;

    /// <summary>The patient's age in years, at most 90: older patients count as 90.</summary>
    public bool KeepAge { get; init; } = true;

    /// <summary>The patient's sex.</summary>
    public bool KeepSex { get; init; }
}
