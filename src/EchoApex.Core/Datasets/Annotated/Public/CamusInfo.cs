using System.Globalization;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Datasets.Annotated.Public;

/// <summary>Info_2CH.cfg or Info_4CH.cfg: lines "key: value".</summary>
internal sealed class CamusInfo
{
    private readonly string _path;
    private readonly Dictionary<string, (string Text, int Line)> _values = new(StringComparer.OrdinalIgnoreCase);

    private CamusInfo(string path) => _path = path;

    /// <summary>Reads the file; null when there is none.</summary>
    public static CamusInfo? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var info = new CamusInfo(path);
        try
        {
            string[] lines = File.ReadAllLines(path);
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                {
                    info._values[lines[i][..colon].Trim()] = (lines[i][(colon + 1)..].Trim(), i + 1);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {error.Message}", innerException: error);
        }

        return info;
    }

    /// <summary>A number by the first of its names that is there; null for none.</summary>
    /// <exception cref="DataException">It is no number.</exception>
    public double? Number(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (_values.TryGetValue(key, out var value))
            {
                return double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                    ? number
                    : throw new DataException(_path, $"line {value.Line}: {key} is '{value.Text}', expected a number. Correct it or get the file again.");
            }
        }

        return null;
    }

    /// <summary>A frame, counted from 1 in the file, from 0 here; null for none.</summary>
    /// <exception cref="DataException">The sequence has no such frame.</exception>
    public int? Frame(string key, int frames) => Number(key) switch
    {
        null => null,
        { } value when value >= 1 && value <= frames && value == Math.Floor(value) => (int)value - 1,
        { } value => throw new DataException(_path, $"line {_values[key].Line}: {key} is {value:R}; the sequence has frames 1 to {frames}. Correct it or get the files again."),
    };
}
