namespace EchoApex.Core.Phantoms;

/// <summary>How much noise, artefact and pose variation hides a phantom's anatomy.</summary>
public enum PhantomDifficulty
{
    /// <summary>Mostly well seen: a small encoder learns the views in minutes.</summary>
    Easy,

    /// <summary>Larger shifts and a wider range of gains.</summary>
    Medium,

    /// <summary>Strong haze, dropout, shadows and gain errors: many frames could not be named by an expert.</summary>
    Hard,
}
