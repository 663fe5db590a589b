using System.Globalization;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>Finds the tensors of a saved object and names them by their path: keys and positions joined by dots.</summary>
internal sealed class PickleTensors
{
    private const int MaxDepth = 32;
    private const int MaxName = 4096;
    private const int MaxItems = 4_000_000;
    private readonly Dictionary<string, PickleTensor> _found = new(StringComparer.Ordinal);
    private readonly Stack<(string Name, object? Value, int Depth)> _pending = [];
    private int _items;

    private PickleTensors()
    {
    }

    /// <exception cref="PickleException">Two tensors have one name, or the nesting is absurd.</exception>
    public static IReadOnlyDictionary<string, PickleTensor> Of(object? root)
    {
        var search = new PickleTensors();
        search.Enter("", "", root, 0);
        while (search._pending.TryPop(out var item))
        {
            search.Visit(item.Name, item.Value, item.Depth);
        }

        return search._found;
    }

    private void Visit(string name, object? value, int depth)
    {
        if (value is PickleTensor tensor)
        {
            if (!_found.TryAdd(name, tensor))
            {
                throw new PickleException($"holds two tensors of the name '{Listing.Name(name)}'");
            }
        }
        else if (value is PickleDict dict)
        {
            Dictionary<string, object?> latest = new(StringComparer.Ordinal);
            foreach (var (key, child) in dict.Items)
            {
                Count();
                if (key is string or long)
                {
                    latest[Convert.ToString(key, CultureInfo.InvariantCulture)!] = child;
                }
            }

            foreach (var (key, child) in latest)
            {
                Enter(name, key, child, depth + 1);
            }
        }
        else if (value is IReadOnlyList<object?> list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                Count();
                Enter(name, i.ToString(CultureInfo.InvariantCulture), list[i], depth + 1);
            }
        }
    }

    // Containers and tensors alone: numbers and texts are no business of a weights file's reader.
    private void Enter(string parent, string key, object? value, int depth)
    {
        if (value is not (PickleTensor or PickleDict or List<object?> or object?[]))
        {
            return;
        }

        if (depth > MaxDepth || parent.Length + key.Length > MaxName)
        {
            throw new PickleException($"nests containers deeper than {MaxDepth}, or has names of more than {MaxName} characters");
        }

        _pending.Push((parent.Length == 0 ? key : $"{parent}.{key}", value, depth));
    }

    // One list shown in many places could otherwise cost without end.
    private void Count()
    {
        if (++_items > MaxItems)
        {
            throw new PickleException($"shows more than {MaxItems} items");
        }
    }
}
