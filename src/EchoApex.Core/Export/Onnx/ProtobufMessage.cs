using System.Buffers.Binary;
using System.Text;

namespace EchoApex.Core.Export.Onnx;

/// <summary>
/// A message of Protocol Buffers that is being put together and then written. Only what ONNX files need of the encoding
/// (https://protobuf.dev/programming-guides/encoding): numbers of variable length, 32-bit floats, and fields with a length.
/// </summary>
internal sealed class ProtobufMessage
{
    private const int Variable = 0;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private readonly List<Field> _fields = [];

    /// <summary>Bytes that <see cref="WriteTo"/> writes.</summary>
    public long Length => _fields.Sum(item => VariableLength(item.Key) + item.Length);

    /// <summary>Adds a whole number; a negative one takes ten bytes.</summary>
    public ProtobufMessage Integer(int number, long value) => Add(new Field(Key(number, Variable), (ulong)value, default, null));

    /// <summary>Adds whole numbers, each a field of its own.</summary>
    public ProtobufMessage Integers(int number, IEnumerable<long> values)
    {
        foreach (long value in values)
        {
            Integer(number, value);
        }

        return this;
    }

    /// <summary>Adds a 32-bit float.</summary>
    public ProtobufMessage Float(int number, float value) => Add(new Field(Key(number, Fixed32), BitConverter.SingleToUInt32Bits(value), default, null));

    /// <summary>Adds text as UTF-8.</summary>
    public ProtobufMessage Text(int number, string value) => Bytes(number, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds bytes; they are not copied.</summary>
    public ProtobufMessage Bytes(int number, ReadOnlyMemory<byte> value) => Add(new Field(Key(number, Delimited), 0, value, null));

    /// <summary>Adds a message inside this one.</summary>
    public ProtobufMessage Message(int number, ProtobufMessage value) => Add(new Field(Key(number, Delimited), 0, default, value));

    /// <summary>Writes the fields in the order in which they were added.</summary>
    public void WriteTo(Stream stream)
    {
        foreach (var field in _fields)
        {
            field.WriteTo(stream);
        }
    }

    private static ulong Key(int number, int wire) => ((ulong)number << 3) | (uint)wire;

    private ProtobufMessage Add(Field field)
    {
        _fields.Add(field);
        return this;
    }

    private static int VariableLength(ulong value)
    {
        int length = 1;
        while (value >= 0x80)
        {
            value >>= 7;
            length++;
        }

        return length;
    }

    private static void WriteVariable(Stream stream, ulong value)
    {
        while (value >= 0x80)
        {
            stream.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        stream.WriteByte((byte)value);
    }

    private readonly record struct Field(ulong Key, ulong Number, ReadOnlyMemory<byte> Payload, ProtobufMessage? Inner)
    {
        /// <summary>Bytes after the key.</summary>
        public long Length => (Key & 7) switch
        {
            Variable => VariableLength(Number),
            Fixed32 => sizeof(uint),
            _ => VariableLength((ulong)ContentLength) + ContentLength,
        };

        private long ContentLength => Inner?.Length ?? Payload.Length;

        public void WriteTo(Stream stream)
        {
            WriteVariable(stream, Key);
            switch (Key & 7)
            {
                case Variable:
                    WriteVariable(stream, Number);
                    break;
                case Fixed32:
                    Span<byte> bytes = stackalloc byte[sizeof(uint)];
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Number);
                    stream.Write(bytes);
                    break;
                default:
                    WriteVariable(stream, (ulong)ContentLength);
                    if (Inner is not null)
                    {
                        Inner.WriteTo(stream);
                    }
                    else
                    {
                        stream.Write(Payload.Span);
                    }

                    break;
            }
        }
    }
}
