using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace EchoApex.Core.Sources.Dicom;

/// <summary>Makes UIDs.</summary>
internal static class DicomUid
{
    /// <summary>Implementation Class UID (0002,0012) of everything that EchoApex writes.</summary>
    public const string ImplementationClass = "2.25.155437016846301172218407411905134211701";

    /// <summary>
    /// A UID of the form "2.25." and a 128-bit number (PS3.5 B.2), the number taken from a hash, so that the same input gives the same UID.
    /// </summary>
    public static string FromSeed(string role, string seed)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"EchoApex/{role}/{seed}"));
        return "2.25." + new BigInteger(hash.AsSpan(0, 16), isUnsigned: true).ToString(CultureInfo.InvariantCulture);
    }
}
