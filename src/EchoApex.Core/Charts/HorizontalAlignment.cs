namespace EchoApex.Core.Charts;

/// <summary>Which part of a text lies at the given place.</summary>
internal enum HorizontalAlignment
{
    Left,
    Center,
    Right,
}
