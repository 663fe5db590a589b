using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Deidentification;

/// <summary>
/// Replaces identifiers by pseudonyms that follow from them and a secret key (HMAC-SHA256, RFC 2104): the same patient gets the
/// same pseudonym in every run with the key, and nobody without the key can tell whose it is or try names out. The key is
/// never written anywhere.
/// </summary>
/// <remarks>Thread safety: all members may be used from several threads.</remarks>
public sealed class Pseudonymizer
{
    /// <summary>The environment variable that <see cref="FromEnvironment"/> reads.</summary>
    public const string Variable = "ECHOAPEX_DEID_KEY";

    private const int LeastKeyBytes = 16;
    private const int LongestShiftDays = 3650;
    private readonly byte[] _key;

    /// <summary>Uses a key.</summary>
    /// <param name="key">At least 16 bytes, hard to guess.</param>
    /// <exception cref="ConfigurationException">The key is too short.</exception>
    public Pseudonymizer(ReadOnlySpan<byte> key)
    {
        if (key.Length < LeastKeyBytes)
        {
            throw new ConfigurationException("de-identification", $"the key has {key.Length} bytes; it needs at least {LeastKeyBytes}. Make one with 'openssl rand -hex 32'.");
        }

        _key = key.ToArray();
    }

    /// <summary>Reads the key from a file: its text without white space at both ends.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, or the key is too short.</exception>
    public static Pseudonymizer FromFile(string path)
    {
        try
        {
            return new Pseudonymizer(Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim()));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("de-identification", $"the key file '{path}' cannot be read: {error.Message}");
        }
    }

    /// <summary>The key of the environment variable <see cref="Variable"/>; null when it is not set.</summary>
    /// <exception cref="ConfigurationException">The key is too short.</exception>
    public static Pseudonymizer? FromEnvironment() => Environment.GetEnvironmentVariable(Variable)?.Trim() is { Length: > 0 } text
        ? new Pseudonymizer(Encoding.UTF8.GetBytes(text))
        : null;

    /// <summary>Eight digits that tell keys apart without telling the key, so that a run is not resumed with another one.</summary>
    public string Fingerprint => Token("key", "fingerprint", 8);

    /// <summary>A patient's pseudonym: "p" and 16 hexadecimal digits. Case and surrounding blanks of the identifier do not count.</summary>
    public string Patient(string identifier) => "p" + Token("patient", Normalize(identifier), 16);

    /// <summary>A token of a kind for a text, in lower-case hexadecimal digits.</summary>
    /// <param name="kind">Tokens of different kinds have nothing in common.</param>
    /// <param name="text">What it stands for.</param>
    /// <param name="digits">1 to 64.</param>
    public string Token(string kind, string text, int digits) => Convert.ToHexStringLower(Hash(kind, text))[..digits];

    /// <summary>A DICOM UID in place of another: "2.25." and a number of 128 bits (PS3.5 B.2), the same for the same original.</summary>
    public string Uid(string original) =>
        "2.25." + new BigInteger(Hash("uid", original.Trim('\0', ' ')).AsSpan(0, 16), isUnsigned: true).ToString(CultureInfo.InvariantCulture);

    /// <summary>By how many whole days the dates of a patient move: -1 to -3650, the same for all, so that intervals stay.</summary>
    public int DayShift(string patientIdentifier) =>
        -1 - (int)(new BigInteger(Hash("days", Normalize(patientIdentifier)).AsSpan(0, 8), isUnsigned: true) % LongestShiftDays);

    private static string Normalize(string identifier) => identifier.Trim().ToUpperInvariant();

    private byte[] Hash(string kind, string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{kind}\0{text}"));
}
