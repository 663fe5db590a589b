namespace EchoApex.Core.Phantoms;

/// <summary>The standard views that phantoms come in.</summary>
public enum PhantomView
{
    /// <summary>Apical four-chamber.</summary>
    A4C,

    /// <summary>Apical two-chamber.</summary>
    A2C,

    /// <summary>Apical five-chamber: four-chamber with the left ventricular outflow tract and the aortic root.</summary>
    A5C,

    /// <summary>Parasternal long axis.</summary>
    PLAX,

    /// <summary>Parasternal short axis at the papillary muscles.</summary>
    PSAX,

    /// <summary>Subcostal four-chamber.</summary>
    SC4C,
}
