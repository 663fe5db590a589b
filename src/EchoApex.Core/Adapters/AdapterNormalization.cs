namespace EchoApex.Core.Adapters;

/// <summary>Where an adapter normalises.</summary>
public enum AdapterNormalization
{
    /// <summary>Nowhere; the default of AdaptFormer's image models.</summary>
    None,

    /// <summary>Its input.</summary>
    Before,

    /// <summary>Its output, after the scale.</summary>
    After,
}
