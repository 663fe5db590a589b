namespace EchoApex.Core.Tests.Sources.Dicom;

/// <summary>A file of given bytes that is deleted when disposed.</summary>
internal sealed class TestFile : IDisposable
{
    public TestFile(byte[] bytes, string extension = "") =>
        File.WriteAllBytes(Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"echoapex-test-{Guid.NewGuid():N}{extension}"), bytes);

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
