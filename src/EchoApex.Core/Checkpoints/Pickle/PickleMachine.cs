using System.Globalization;
using System.Numerics;

namespace EchoApex.Core.Checkpoints.Pickle;

/// <summary>
/// Reads one pickle (protocols 0 to 5) into plain objects. It imports nothing and calls nothing: the few functions that
/// tensors and containers need are carried out by <see cref="PickleCalls"/> on data, every other call is an error.
/// Source: CPython, Lib/pickletools.py (meaning of the opcodes).
/// </summary>
/// <remarks>
/// What comes out: null, bool, long, <see cref="BigInteger"/>, double, string, byte[], object?[] (tuple),
/// List (list, set), and the types of PickleObjects.cs.
/// </remarks>
internal sealed class PickleMachine
{
    /// <summary>More operations than this are taken for an attack; a checkpoint of ViT-B with its optimizer has some 100,000.</summary>
    public const int MaxOperations = 4_000_000;

    private readonly PickleInput _input;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];

    private readonly Action<PickleStorage>? _onStorage;

    private PickleMachine(PickleInput input, Action<PickleStorage>? onStorage) => (_input, _onStorage) = (input, onStorage);

    /// <summary>Reads the pickle at the input's position, up to its STOP.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="onStorage">Told of every storage that the pickle names.</param>
    /// <exception cref="PickleException">The pickle is damaged, or calls a function that tensors do not need.</exception>
    public static object? Read(PickleInput input, Action<PickleStorage>? onStorage = null) => new PickleMachine(input, onStorage).Run();

    private object? Run()
    {
        for (int count = 0; count < MaxOperations; count++)
        {
            long position = _input.Position;
            byte code = _input.ReadByte();
            if (code == '.')
            {
                return Pop();
            }

            if (!Constant(code) && !Container(code) && !Memory(code) && !Object(code))
            {
                throw new PickleException($"has the unknown operation 0x{code:x2} at byte {position}");
            }
        }

        throw new PickleException($"has more than {MaxOperations} operations");
    }

    // Numbers, texts and bytes.
    private bool Constant(byte code)
    {
        switch (code)
        {
            case (byte)'N': Push(null); return true;
            case 0x88: Push(true); return true;
            case 0x89: Push(false); return true;
            case (byte)'K': Push((long)_input.ReadByte()); return true;
            case (byte)'M': Push((long)_input.ReadUInt16()); return true;
            case (byte)'J': Push((long)_input.ReadInt32()); return true;
            case (byte)'G': Push(_input.ReadDouble()); return true;
            case (byte)'I': Push(ParseInteger(_input.ReadLine())); return true;
            case (byte)'L': Push(ParseInteger(_input.ReadLine().TrimEnd('L'))); return true;
            case (byte)'F': Push(ParseDouble(_input.ReadLine())); return true;
            case 0x8a: Push(Integer(_input.ReadBytes(_input.ReadByte()))); return true;
            case 0x8b: Push(Integer(_input.ReadBytes(_input.ReadUInt32()))); return true;
            case (byte)'S': Push(_input.ReadLine().Trim('\'', '"')); return true;
            case (byte)'V': Push(_input.ReadLine()); return true;
            case (byte)'U' or 0x8c: Push(_input.ReadText(_input.ReadByte())); return true;
            case (byte)'T' or (byte)'X': Push(_input.ReadText(_input.ReadUInt32())); return true;
            case 0x8d: Push(_input.ReadText(_input.ReadUInt64())); return true;
            case (byte)'C': Push(_input.ReadBytes(_input.ReadByte())); return true;
            case (byte)'B': Push(_input.ReadBytes(_input.ReadUInt32())); return true;
            case 0x8e or 0x96: Push(_input.ReadBytes(_input.ReadUInt64())); return true;
            default: return false;
        }
    }

    // Tuples, lists, dicts and sets.
    private bool Container(byte code)
    {
        switch (code)
        {
            case (byte)')': Push(Array.Empty<object?>()); return true;
            case (byte)'t': Push(PopToMark()); return true;
            case 0x85: Push(PopMany(1)); return true;
            case 0x86: Push(PopMany(2)); return true;
            case 0x87: Push(PopMany(3)); return true;
            case (byte)']' or 0x8f: Push(new List<object?>()); return true;
            case (byte)'l' or 0x91: Push(new List<object?>(PopToMark())); return true;
            case (byte)'}': Push(new PickleDict()); return true;
            case (byte)'d':
                object?[] pairs = PopToMark();
                Push(new PickleDict());
                SetItems(pairs);
                return true;
            case (byte)'a': Append(PopMany(1)); return true;
            case (byte)'e' or 0x90: Append(PopToMark()); return true;
            case (byte)'s': SetItems(PopMany(2)); return true;
            case (byte)'u': SetItems(PopToMark()); return true;
            default: return false;
        }
    }

    // Stack, marks and memo.
    private bool Memory(byte code)
    {
        switch (code)
        {
            case 0x80: ReadProtocol(); return true;
            case 0x95: _input.ReadUInt64(); return true;
            case (byte)'(': _marks.Add(_stack.Count); return true;
            case (byte)'0':
                if (_marks.Count > 0 && _marks[^1] == _stack.Count)
                {
                    _marks.RemoveAt(_marks.Count - 1);
                }
                else
                {
                    Pop();
                }

                return true;
            case (byte)'1': PopToMark(); return true;
            case (byte)'2': Push(Peek()); return true;
            case (byte)'p': _memo[MemoIndex(_input.ReadLine())] = Peek(); return true;
            case (byte)'q': _memo[_input.ReadByte()] = Peek(); return true;
            case (byte)'r': _memo[_input.ReadUInt32()] = Peek(); return true;
            case 0x94: _memo[_memo.Count] = Peek(); return true;
            case (byte)'g': Recall(MemoIndex(_input.ReadLine())); return true;
            case (byte)'h': Recall(_input.ReadByte()); return true;
            case (byte)'j': Recall(_input.ReadUInt32()); return true;
            default: return false;
        }
    }

    // Names, calls and objects.
    private bool Object(byte code)
    {
        switch (code)
        {
            case (byte)'c': Push(new PickleGlobal(_input.ReadLine(), _input.ReadLine())); return true;
            case 0x93:
                object?[] name = PopMany(2);
                Push(name is [string module, string member] ? new PickleGlobal(module, member) : throw new PickleException("has a name that is not text"));
                return true;
            case (byte)'R': Call(PopMany(2)); return true;
            case (byte)'i':
                var type = new PickleGlobal(_input.ReadLine(), _input.ReadLine());
                Call([type, PopToMark()]);
                return true;
            case (byte)'o':
                object?[] parts = PopToMark();
                Call(parts.Length == 0 ? [null, null] : [parts[0], parts[1..]]);
                return true;
            case 0x81: New(PopMany(2)); return true;
            case 0x92: New(PopMany(3)); return true;
            case (byte)'b': Pop(); RequireObject(Peek()); return true;
            case (byte)'Q':
                var storage = PickleCalls.Storage(Pop());
                _onStorage?.Invoke(storage);
                Push(storage);
                return true;
            case (byte)'P': throw new PickleException("refers to outside data by a line of text, which torch.save never does");
            case 0x82 or 0x83 or 0x84: throw new PickleException("uses the copyreg extension registry, which is not supported");
            case 0x97 or 0x98: throw new PickleException("uses out-of-band buffers, which are not supported");
            default: return false;
        }
    }

    private void Call(object?[] functionAndArguments)
    {
        if (functionAndArguments is not [PickleGlobal function, object?[] arguments])
        {
            throw new PickleException("calls something that is not a function by name");
        }

        Push(PickleCalls.Call(function, arguments));
    }

    private void New(object?[] typeAndArguments)
    {
        if (typeAndArguments[0] is not PickleGlobal type)
        {
            throw new PickleException("makes an object of something that is not a type");
        }

        Push(PickleCalls.New(type));
    }

    // State of containers, tensors and opaque objects (BUILD) says nothing about weights: it was popped and is dropped.
    private static void RequireObject(object? target)
    {
        if (target is not (PickleDict or PickleOpaque or PickleTensor or List<object?> or object?[]))
        {
            throw new PickleException($"sets the state of {target?.GetType().Name ?? "None"}, which has none");
        }
    }

    private void Append(object?[] values)
    {
        object? target = Peek();
        if (target is List<object?> list)
        {
            list.AddRange(values);
        }
        else if (target is not PickleOpaque)
        {
            throw new PickleException("appends to something that is not a list");
        }
    }

    private void SetItems(object?[] pairs)
    {
        object? target = Peek();
        if (pairs.Length % 2 != 0 || target is not (PickleDict or PickleOpaque))
        {
            throw new PickleException("sets items of something that is not a dict");
        }

        if (target is PickleDict dict)
        {
            for (int i = 0; i < pairs.Length; i += 2)
            {
                dict.Add(pairs[i], pairs[i + 1]);
            }
        }
    }

    private void ReadProtocol()
    {
        byte protocol = _input.ReadByte();
        if (protocol > 5)
        {
            throw new PickleException($"has protocol {protocol}; 5 is the highest that exists");
        }
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw new PickleException("takes from an empty stack");

    private object? Pop()
    {
        object? top = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object?[] PopMany(int count)
    {
        if (_stack.Count - Floor < count)
        {
            throw new PickleException("takes from an empty stack");
        }

        return Cut(_stack.Count - count);
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw new PickleException("lacks a mark");
        }

        int mark = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        return Cut(mark);
    }

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private object?[] Cut(int start)
    {
        object?[] values = [.. _stack[start..]];
        _stack.RemoveRange(start, _stack.Count - start);
        return values;
    }

    private void Recall(long index) =>
        Push(_memo.TryGetValue(index, out object? value) ? value : throw new PickleException($"recalls number {index}, which it never stored"));

    private static long MemoIndex(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : throw new PickleException("has a memo number that is none");

    private static object Integer(byte[] littleEndian) => Narrow(new BigInteger(littleEndian));

    private static object ParseInteger(string text) => text switch
    {
        "00" => false,
        "01" => true,
        _ when text.Length <= 1000 && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => Narrow(value),
        _ => throw new PickleException("has an integer that is none"),
    };

    private static object Narrow(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (long)value : value;

    private static double ParseDouble(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw new PickleException("has a float that is none");
}
