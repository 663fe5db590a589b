using System.Text;

namespace EchoApex.Core.Configuration;

/// <summary>Names of keys: <c>LearningRate</c> in C# is <c>learning_rate</c> in YAML.</summary>
internal static class KeyNames
{
    public static string FromProperty(string name)
    {
        var result = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            char letter = name[i];
            bool startsWord = char.IsUpper(letter) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord)
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(letter));
        }

        return result.ToString();
    }

    public static string Join(string parent, string key) => parent.Length == 0 ? key : parent + "." + key;

    /// <summary>The candidate that needs the fewest edits, when those are few for the word's length; else null.</summary>
    public static string? Nearest(string key, IEnumerable<string> candidates)
    {
        (string? best, int distance) = (null, int.MaxValue);
        foreach (string candidate in candidates)
        {
            int edits = EditDistance(key, candidate);
            if (edits < distance)
            {
                (best, distance) = (candidate, edits);
            }
        }

        return best is not null && distance <= Math.Max(2, Math.Max(key.Length, best.Length) / 3) ? best : null;
    }

    // Levenshtein over two rows; keys are short, so a long hostile key is cut first.
    private static int EditDistance(string a, string b)
    {
        a = a.Length > 64 ? a[..64] : a;
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
