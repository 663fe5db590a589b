using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

public sealed class InspectCommandTests
{
    [Test]
    public void Inspect_OfNiftiAndMetaImage_TellsFormatSizeAndSpacing()
    {
        using var folder = new TemporaryFolder();
        byte[] voxels = [.. Enumerable.Range(0, 32 * 24 * 2).Select(i => (byte)i)];
        File.WriteAllBytes(folder.File("a.nii.gz"), NiftiWriter.Pack(NiftiWriter.Encode(voxels, [32, 24, 2])));
        MetaImageWriter.Write(folder.File("b.mhd"), voxels, [32, 24, 2], [.5, .25, 1], packed: true);
        foreach (var (name, format) in new[] { ("a.nii.gz", "NIfTI-1"), ("b.mhd", "MetaImage") })
        {
            var run = CommandLine.Run("inspect", folder.File(name));
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(run.Output, Does.Contain(format).And.Contain("32").And.Contain("0.25"), name);
        }
    }
}
