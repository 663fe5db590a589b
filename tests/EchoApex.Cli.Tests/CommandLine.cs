using System.CommandLine;
using EchoApex.Cli.Commands;

namespace EchoApex.Cli.Tests;

/// <summary>Runs the command line in this process, as a user would, and keeps what it says.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static CommandLine Run(params string[] arguments)
    {
        var root = new RootCommand();
        root.Options.Add(CliErrors.Verbose);
        foreach (var command in CommandCatalog.All())
        {
            root.Subcommands.Add(command);
        }

        var (output, error) = (Console.Out, Console.Error);
        using var outputText = new StringWriter();
        using var errorText = new StringWriter();
        try
        {
            Console.SetOut(outputText);
            Console.SetError(errorText);
            int code = CliErrors.RunAsync(root, arguments).GetAwaiter().GetResult();
            return new CommandLine(code, outputText.ToString(), errorText.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
