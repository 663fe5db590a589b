using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using EchoApex.Core.Runtime;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex doctor</c>: what this machine has of what EchoApex needs. Exit code 1 when something required is missing.</summary>
internal static class DoctorCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var quick = new Option<bool>("--quick") { Description = "Leave the self-test with two processes out." };
        var command = new Command("doctor", "Check versions, native libraries, threads, GPU, MPI and NCCL, try two processes, and name the remedy for what is missing.") { json, quick };
        command.SetAction(parsed =>
        {
            IReadOnlyList<EnvironmentFinding> findings = [.. EnvironmentReport.Collect(), .. ProcessFindings.Collect(selfTest: !parsed.GetValue(quick))];
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(findings, Json));
            }
            else
            {
                Print(findings);
            }

            return findings.Any(finding => finding.Status == FindingStatus.Fault) ? 1 : 0;
        });
        return command;
    }

    private static void Print(IReadOnlyList<EnvironmentFinding> findings)
    {
        int width = findings.Max(finding => finding.Name.Length);
        foreach (var finding in findings)
        {
            string mark = finding.Status switch
            {
                FindingStatus.Ok => "ok    ",
                FindingStatus.Absent => "absent",
                _ => "FAULT ",
            };
            Console.WriteLine($"{mark}  {finding.Name.PadRight(width)}  {finding.Value}");
            if (finding.Remedy is not null)
            {
                Console.WriteLine($"        {new string(' ', width)}  -> {finding.Remedy}");
            }
        }
    }
}
