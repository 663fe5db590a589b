using System.CommandLine;
using EchoApex.Cli;
using EchoApex.Cli.Commands;

var root = new RootCommand("EchoApex: read echocardiography clips, pretrain and run encoders on them.");
root.Options.Add(CliErrors.Verbose);
foreach (var command in CommandCatalog.All())
{
    root.Subcommands.Add(command);
}

return await CliErrors.RunAsync(root, args).ConfigureAwait(false);
