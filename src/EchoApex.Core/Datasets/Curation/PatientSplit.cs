using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EchoApex.Core.Datasets.Curation;

/// <summary>
/// Which part of a set a patient belongs to: a hash of salt and pseudonym, so that it does not depend on who else is in the set,
/// nor on the order, and all clips of a patient stay together.
/// </summary>
public static class PatientSplit
{
    /// <summary>"train", "val" or "test".</summary>
    /// <param name="patient">Pseudonym.</param>
    /// <param name="salt">Another salt gives another division.</param>
    /// <param name="validation">Share of patients in "val", 0..1.</param>
    /// <param name="test">Share of patients in "test", 0..1.</param>
    public static string Of(string patient, string salt, double validation, double test)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{salt}\0{patient}"));
        double place = (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
        return place < test ? "test" : place < test + validation ? "val" : "train";
    }
}
