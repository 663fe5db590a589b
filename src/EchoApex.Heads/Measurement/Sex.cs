namespace EchoApex.Heads.Measurement;

/// <summary>The sex whose reference limits apply.</summary>
public enum Sex
{
    /// <summary>Limits for women.</summary>
    Female,

    /// <summary>Limits for men.</summary>
    Male,
}
