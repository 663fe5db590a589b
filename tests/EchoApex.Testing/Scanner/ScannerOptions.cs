namespace EchoApex.Testing.Scanner;

/// <summary>What <see cref="ScannerScreen"/> draws.</summary>
public sealed record ScannerOptions
{
    /// <summary>Frames in a clip.</summary>
    public int Frames { get; init; } = 8;

    /// <summary>Width and height; null draws one of the usual sizes.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Fan kind; null takes <see cref="ScannerFan.Kinds"/> in turn.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether the picture stands still; null makes every third clip still.</summary>
    public bool? Still { get; init; }

    /// <summary>Whether a colour box is drawn; null draws one into every fourth clip.</summary>
    public bool? Color { get; init; }

    /// <summary>Whether the far field and a side fade to black, as at low gain.</summary>
    public bool Dim { get; init; }
}
