using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;
using EchoApex.Testing;

namespace EchoApex.Core.Tests.Deidentification;

public sealed class PseudonymizerTests
{
    private static readonly Pseudonymizer Key = new("0123456789abcdef"u8), Other = new("0123456789abcdeF"u8);

    [Test]
    public void Patient_OfSameIdentifier_IsTheSameAndAnotherWithAnotherKey()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Key.Patient(" doe^jane "), Is.EqualTo(Key.Patient("DOE^JANE")));
            Assert.That(Key.Patient("DOE^JANE"), Is.Not.EqualTo(Other.Patient("DOE^JANE")));
            Assert.That(Key.Patient("DOE^JANE"), Is.Not.EqualTo(Key.Patient("DOE^JOHN")));
            Assert.That(Key.Patient("DOE^JANE"), Does.Match("^p[0-9a-f]{16}$"));
            Assert.That(Key.Fingerprint, Is.Not.EqualTo(Other.Fingerprint));
        });
    }

    // RFC 2104 over "patient", a zero byte and the identifier; the value is Python's hmac.
    [Test]
    public void Token_IsHmacSha256() =>
        Assert.That(Key.Token("patient", "DOE^JANE", 16), Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("0123456789abcdef"u8, "patient\0DOE^JANE"u8))[..16]));

    [Test]
    public void Uid_OfOriginal_IsValidAndStable()
    {
        string uid = Key.Uid("1.2.840.1\0");
        Assert.Multiple(() =>
        {
            Assert.That(uid, Is.EqualTo(Key.Uid("1.2.840.1")));
            Assert.That(uid, Does.Match(@"^2\.25\.[1-9][0-9]{0,38}$"));
            Assert.That(uid.Length, Is.LessThanOrEqualTo(64));
        });
    }

    [Test]
    public void DayShift_OfPatients_IsPastAndDiffers()
    {
        int[] shifts = [.. Enumerable.Range(0, 50).Select(i => Key.DayShift($"patient {i}"))];
        Assert.That(shifts, Has.All.InRange(-3650, -1));
        Assert.That(shifts.Distinct().Count(), Is.GreaterThan(40));
    }

    [Test]
    public void FromFile_OfShortKey_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("key"), "  short  \n");
        Assert.Multiple(() =>
        {
            Assert.That(() => Pseudonymizer.FromFile(folder.File("key")), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("at least 16"));
            Assert.That(() => Pseudonymizer.FromFile(folder.File("missing")), Throws.InstanceOf<ConfigurationException>().With.Message.Contains("cannot be read"));
        });
    }
}
