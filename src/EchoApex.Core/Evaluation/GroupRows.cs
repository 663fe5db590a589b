namespace EchoApex.Core.Evaluation;

/// <summary>The rows of one clip or patient.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Rows">Its rows, ascending.</param>
internal sealed record GroupRows(string Name, List<int> Rows)
{
    /// <summary>Collects rows by group, in order of first appearance.</summary>
    public static List<GroupRows> Of(IReadOnlyList<string> groups)
    {
        var result = new List<GroupRows>();
        var positions = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int row = 0; row < groups.Count; row++)
        {
            if (!positions.TryGetValue(groups[row], out int position))
            {
                position = positions[groups[row]] = result.Count;
                result.Add(new GroupRows(groups[row], []));
            }

            result[position].Rows.Add(row);
        }

        return result;
    }
}
