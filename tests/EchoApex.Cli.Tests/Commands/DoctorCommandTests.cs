using System.Text.Json;

namespace EchoApex.Cli.Tests.Commands;

public sealed class DoctorCommandTests
{
    [Test]
    public void Doctor_OnATestMachine_FindsNoFault()
    {
        var result = CommandLine.Run("doctor");
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(result.Output, Does.Contain("libtorch 2.10").And.Contain("OpenCV"));
    }

    [Test]
    public void Doctor_Json_IsAListOfFindings()
    {
        var findings = JsonDocument.Parse(CommandLine.Run("doctor", "--json").Output).RootElement;
        Assert.That(findings.EnumerateArray().Select(finding => finding.GetProperty("name").GetString()), Has.Member("libtorch").And.Member("GPU"));
    }
}
