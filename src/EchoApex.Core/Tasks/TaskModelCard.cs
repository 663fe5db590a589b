using System.Globalization;
using System.Text;

namespace EchoApex.Core.Tasks;

/// <summary>The README.md of a fine-tuned model.</summary>
internal static class TaskModelCard
{
    public static string Write(TaskModelInfo info)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {info.Name}\n\nTask: {info.Task}. Written by EchoApex {info.EchoApexVersion}, {info.Created:yyyy-MM-dd}.\n\n");
        text.Append(info.Adapters is null
            ? "The encoder was fine-tuned whole and lies in `encoder`.\n"
            : string.Create(CultureInfo.InvariantCulture, $"Adapters ({info.Adapters.Kind}) for the encoder whose weights have the SHA-256 `{info.Encoder.Sha256}`; it is needed beside this folder.\n"));
        if (info.Labels.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nOutputs: {string.Join(", ", info.Labels)}.\n");
        }

        if (info.Training.Count > 0)
        {
            text.Append("\n| training | |\n|---|---|\n");
            foreach (var (key, value) in info.Training)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {key} | {value} |\n");
            }
        }

        text.Append("\nIntended use: research and development. Not a medical device; not for diagnosis or treatment.\n");
        return text.ToString();
    }
}
