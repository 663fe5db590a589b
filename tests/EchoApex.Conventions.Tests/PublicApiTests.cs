using System.Reflection;
using System.Runtime.CompilerServices;
using EchoApex.Testing;
using PublicApiGenerator;

namespace EchoApex.Conventions.Tests;

/// <summary>
/// The packages' public API is written down in <c>api/</c>, so that a change of it is seen in review. After a change that is meant, run these
/// tests with <c>ECHOAPEX_WRITE_API=1</c> and commit the files.
/// </summary>
public sealed class PublicApiTests
{
    // How a method is compiled is no part of the API.
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        DenyNamespacePrefixes = [],
        ExcludeAttributes = [typeof(AsyncIteratorStateMachineAttribute).FullName!, typeof(EnumeratorCancellationAttribute).FullName!],
    };

    [TestCase("EchoApex.Core")]
    [TestCase("EchoApex.Training")]
    [TestCase("EchoApex.Heads")]
    public void PublicApi_OfEachPackage_IsWhatIsWrittenDown(string assembly)
    {
        string actual = Assembly.Load(assembly).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        string file = Path.Combine(Repository.Root, "api", $"{assembly}.txt");
        if (Environment.GetEnvironmentVariable("ECHOAPEX_WRITE_API") == "1")
        {
            File.WriteAllText(file, actual);
        }

        string expected = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : string.Empty;
        string[] before = expected.Split('\n'), after = actual.Split('\n');
        var gone = before.Except(after).Take(10).Select(line => $"- {line.Trim()}");
        var come = after.Except(before).Take(10).Select(line => $"+ {line.Trim()}");
        Assert.That(actual == expected, $"The public API of {assembly} is not that of api/{assembly}.txt. If the change is meant, run this test with ECHOAPEX_WRITE_API=1 and commit the file.\n{string.Join('\n', gone.Concat(come))}");
    }
}
