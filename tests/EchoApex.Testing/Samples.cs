namespace EchoApex.Testing;

/// <summary>Real files for tests, outside the repository, named by the environment variable ECHOAPEX_SAMPLES.</summary>
public static class Samples
{
    /// <summary>The path of a sample; the test is skipped, saying so, when it is not at hand.</summary>
    public static string Require(string relativePath)
    {
        string? folder = Environment.GetEnvironmentVariable("ECHOAPEX_SAMPLES");
        if (string.IsNullOrEmpty(folder))
        {
            Assert.Ignore("ECHOAPEX_SAMPLES is not set: tests on real files are skipped.");
        }

        string path = Path.Combine(folder, relativePath);
        if (!File.Exists(path))
        {
            Assert.Ignore($"{path} does not exist: this test on a real file is skipped.");
        }

        return path;
    }
}
