using EchoApex.Core.Runtime;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EchoApex.Core.Configuration;

/// <summary>
/// Reads one YAML document into nodes, event by event, so that neither deep nesting nor aliases that multiply can
/// exhaust the machine: both are refused.
/// </summary>
internal static class YamlNodeReader
{
    private const int MaximumDepth = 32;
    private const int MaximumLength = 1 << 20;

    /// <summary>Reads a document whose top level is a map; an empty document is an empty map.</summary>
    public static MapNode ReadMap(string text, string source)
    {
        var node = Read(text, source, line => $"{source}:{line}");
        return node switch
        {
            MapNode map => map,
            null or ScalarNode { Text: null } => new MapNode(source),
            _ => throw new ConfigurationException(source, "the top level must be keys with values (key: value), but is a " + (node is ListNode ? "list" : "single value") + "."),
        };
    }

    /// <summary>Reads the value of an override, <c>--set key=value</c>.</summary>
    public static ConfigurationNode ReadValue(string text, string place) =>
        Read(text, place, _ => place) ?? new ScalarNode(null, place);

    private static ConfigurationNode? Read(string text, string source, Func<long, string> place)
    {
        if (text.Length > MaximumLength)
        {
            throw new ConfigurationException(source, $"a configuration may have {MaximumLength} characters, this one has {text.Length}.");
        }

        try
        {
            return ReadDocument(new Parser(new StringReader(text)), source, place);
        }
        catch (YamlException error)
        {
            throw new ConfigurationException(source, $"line {error.Start.Line}, column {error.Start.Column}: not valid YAML: {error.Message}");
        }
    }

    private static ConfigurationNode? ReadDocument(Parser parser, string source, Func<long, string> place)
    {
        ConfigurationNode? root = null;
        int documents = 0;
        var open = new Stack<(ConfigurationNode Node, string? Key)>();
        while (parser.MoveNext())
        {
            string where = place(parser.Current!.Start.Line);
            switch (parser.Current)
            {
                case DocumentStart when ++documents > 1:
                    throw new ConfigurationException(source, $"holds more than one YAML document ({where}); keep one.");
                case AnchorAlias:
                    throw new ConfigurationException(source, $"YAML aliases are not supported ({where}); write the value out.");
                case Scalar scalar when open.TryPeek(out var top) && top.Node is MapNode map && top.Key is null:
                    open.Pop();
                    if (map.Contains(scalar.Value))
                    {
                        throw new ConfigurationException(source, $"the key '{scalar.Value}' stands twice in one place ({where}); keep one.");
                    }

                    open.Push((map, scalar.Value));
                    break;
                case Scalar scalar:
                    Attach(new ScalarNode(IsNull(scalar) ? null : scalar.Value, where));
                    break;
                case MappingStart:
                    Open(new MapNode(where));
                    break;
                case SequenceStart:
                    Open(new ListNode(where));
                    break;
                case MappingEnd or SequenceEnd:
                    open.Pop();
                    break;
            }
        }

        return root;

        void Open(ConfigurationNode node)
        {
            if (open.Count >= MaximumDepth)
            {
                throw new ConfigurationException(source, $"is nested more than {MaximumDepth} levels deep ({node.Place}).");
            }

            if (open.TryPeek(out var top) && top is { Node: MapNode, Key: null })
            {
                throw new ConfigurationException(source, $"a key must be a word, but is a list or map ({node.Place}).");
            }

            Attach(node);
            open.Push((node, null));
        }

        void Attach(ConfigurationNode node)
        {
            if (!open.TryPop(out var top))
            {
                root = node;
                return;
            }

            if (top.Node is MapNode map)
            {
                map[top.Key!] = node;
            }
            else
            {
                ((ListNode)top.Node).Items.Add(node);
            }

            open.Push((top.Node, null));
        }
    }

    private static bool IsNull(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is ("" or "~" or "null");
}
