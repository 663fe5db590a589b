// Shape legend: G = matrices of a batch, M, N, K = rows, columns and inner length.
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>
/// Products of many small matrices by oneDNN. In float32 on the CPU libtorch's own <c>bmm</c> goes to MKL, which takes twice as long
/// on processors that Intel did not make. No gradient is recorded.
/// </summary>
internal static partial class DnnlProduct
{
    private const string Library = "torch_cpu";

    // void at::native::mkldnn_matmul(const Tensor& a, const Tensor& b, const Tensor& result, float beta, float alpha)
    private const string Name = "_ZN2at6native13mkldnn_matmulERKNS_6TensorES3_S3_ff";

    private static readonly Lazy<bool> Available = new(Probe);

    /// <summary>[G, M, K] by [G, K, N] to [G, M, N].</summary>
    public static Tensor Multiply(Tensor a_GMK, Tensor b_GKN)
    {
        if (!Serves(a_GMK, b_GKN))
        {
            return a_GMK.bmm(b_GKN);
        }

        SignalStacks.Protect();
        var result_GMN = empty([a_GMK.shape[0], a_GMK.shape[1], b_GKN.shape[2]], ScalarType.Float32);
        Multiply(a_GMK.Handle, b_GKN.Handle, result_GMN.Handle, 0, 1);
        GC.KeepAlive(a_GMK);
        GC.KeepAlive(b_GKN);
        return result_GMN;
    }

    // A fault in there would end the process: nothing but what it surely takes is given to it.
    private static bool Serves(Tensor a, Tensor b) =>
        a.dtype == ScalarType.Float32 && b.dtype == ScalarType.Float32 && a.device_type == DeviceType.CPU && b.device_type == DeviceType.CPU
        && a.dim() == 3 && b.dim() == 3 && a.shape[0] == b.shape[0] && a.shape[2] == b.shape[1] && a.NumberOfElements > 0 && b.NumberOfElements > 0
        && Available.Value;

    // The name and the convention are those of libtorch 2.10 on 64-bit Linux. It asks for the processor of bfloat16 for float32 too.
    private static bool Probe() =>
        OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && DnnlProcessor.HasNarrowProducts
        && NativeLibrary.TryLoad(Library, typeof(DnnlProduct).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, Name, out _);

    [LibraryImport(Library, EntryPoint = Name)]
    private static partial void Multiply(nint a, nint b, nint result, float beta, float alpha);
}
