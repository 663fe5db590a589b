using System.Text.Json;
using EchoApex.Core.Arrays;
using EchoApex.Core.Imaging;
using EchoApex.Core.Phantoms;
using EchoApex.Core.Sources;
using EchoApex.Core.Sources.Dicom;
using EchoApex.Core.Sources.Video;
using EchoApex.Testing;

namespace EchoApex.Cli.Tests.Commands;

/// <summary><c>convert</c> and <c>inspect</c> on a phantom written as DICOM and as AVI.</summary>
public sealed class ConvertCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EchoClip _clip = PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 3 }, 4, 0).Clip;

    private string Dicom => _folder.File("clip.dcm");

    [OneTimeSetUp]
    public void Write()
    {
        DicomClipWriter.Write(Dicom, _clip);
        AviClipWriter.Write(_folder.File("clip.avi"), _clip);
    }

    [OneTimeTearDown]
    public void Dispose() => _folder.Dispose();

    [Test]
    public void Convert_RawToNumpy_HoldsEveryPixel()
    {
        string file = _folder.File("raw.npy");
        Assert.That(CommandLine.Run("convert", Dicom, file, "--raw", "--format", "npy").ExitCode, Is.Zero);
        var array = NumpyFile.Read<byte>(file);
        Assert.That(array.Shape, Is.EqualTo(new long[] { 3, 96, 96, 1 }));
        Assert.That(array.Values, Is.EqualTo(_clip.ReadFrame(0).Concat(_clip.ReadFrame(1)).Concat(_clip.ReadFrame(2))));
    }

    [Test]
    public void Convert_ToPictures_WritesTheSectorOfEachFrame()
    {
        string folder = _folder.File("pictures");
        Assert.That(CommandLine.Run("convert", Dicom, folder, "--format", "png").ExitCode, Is.Zero);
        var read = ClipReader.Open(folder);
        Assert.That(read.FrameCount, Is.EqualTo(3));
        Assert.That(read.Height, Is.LessThan(96));
    }

    [Test]
    public void Convert_RawToAvi_KeepsFramesAndSize()
    {
        string file = _folder.File("again.avi");
        Assert.That(CommandLine.Run("convert", Dicom, file, "--raw").ExitCode, Is.Zero);
        var read = ClipReader.Open(file);
        Assert.That((read.FrameCount, read.Height, read.Width), Is.EqualTo((3, 96, 96)));
    }

    [Test]
    public void Convert_OneFrameToPng_WritesThatFile()
    {
        string still = _folder.File("still.dcm"), file = _folder.File("still.png");
        DicomClipWriter.Write(still, PhantomGenerator.Generate(new PhantomOptions { ImageSize = 96, Frames = 1 }, 4, 0).Clip);
        var result = CommandLine.Run("convert", still, file, "--raw");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(ClipReader.Open(file).ReadFrame(0), Is.EqualTo(ClipReader.Open(still).ReadFrame(0)));
        Assert.That(CommandLine.Run("convert", still, file, "--raw").ExitCode, Is.EqualTo(1), "it exists now");
    }

    [TestCase("x.png", null, "the clip has 3 frames")]
    [TestCase("x.png", "png", "the clip has 3 frames")]
    [TestCase("x.npy", "png", "--format is png")]
    [TestCase("x.png", "avi", "--format is avi")]
    [TestCase("x.avi", "npy", "--format is npy")]
    public void Convert_NameThatSaysSomethingElse_IsRefusedAndWritesNothing(string name, string? format, string expected)
    {
        string target = _folder.File(name);
        var result = CommandLine.Run(["convert", Dicom, target, .. format is null ? Array.Empty<string>() : ["--format", format]]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected).And.Contain(name));
        Assert.That(File.Exists(target) || Directory.Exists(target), Is.False);
    }

    [Test]
    public void Convert_ExistingFolder_IsRefused()
    {
        string folder = _folder.File("taken");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "x"), "x");
        var result = CommandLine.Run("convert", Dicom, folder, "--format", "png");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(1));
    }

    [TestCase("cut.dcm")]
    [TestCase("noise.dcm")]
    [TestCase("noise.avi")]
    [TestCase("noise.png")]
    public void ConvertAndInspect_DamagedFile_AreOneErrorAndWriteNothing(string name)
    {
        byte[] bytes = name.StartsWith("cut", StringComparison.Ordinal)
            ? File.ReadAllBytes(Dicom)[..700]
            : [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7919 >> 3))];
        File.WriteAllBytes(_folder.File(name), bytes);
        string output = _folder.File(name + ".npy");
        foreach (var result in new[] { CommandLine.Run("convert", _folder.File(name), output), CommandLine.Run("inspect", _folder.File(name)) })
        {
            Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
            Assert.That(result.Error, Does.Contain(name).And.Not.Contain("   at "));
        }

        Assert.That(File.Exists(output), Is.False);
    }

    [Test]
    public void Inspect_Json_SaysWhatTheClipIs()
    {
        var result = CommandLine.Run("inspect", Dicom, "--json");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string text = JsonDocument.Parse(result.Output).RootElement.ToString();
        Assert.That(text, Does.Contain("DICOM").And.Contain("96").And.Contain("MONOCHROME2"));
    }
}
