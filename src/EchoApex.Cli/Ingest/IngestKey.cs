using System.Security.Cryptography;
using EchoApex.Core.Deidentification;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Ingest;

/// <summary>Where the secret of the pseudonyms comes from: an option, the environment, or a file of the user's own, made on first use.</summary>
internal static class IngestKey
{
    public static Pseudonymizer Find(string? file)
    {
        if (file is not null)
        {
            return Pseudonymizer.FromFile(file);
        }

        if (Pseudonymizer.FromEnvironment() is { } given)
        {
            return given;
        }

        string path = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".echoapex", "deid.key");
        if (!File.Exists(path))
        {
            Make(path);
            Console.WriteLine($"Made the key of the pseudonyms: {path}. Keep it: only with it do later exports get the same pseudonyms. Whoever has it can try names out.");
        }
        else
        {
            Console.WriteLine($"Key of the pseudonyms: {path}.");
        }

        return Pseudonymizer.FromFile(path);
    }

    private static void Make(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(path, options);
            writer.WriteLine(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException("ingest", $"no key was given, and none can be made at '{path}': {error.Message} Name a key file with --key, or set {Pseudonymizer.Variable}.");
        }
    }
}
