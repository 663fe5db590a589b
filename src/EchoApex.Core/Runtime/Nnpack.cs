using System.Runtime.InteropServices;

namespace EchoApex.Core.Runtime;

/// <summary>
/// libtorch asks NNPACK before small convolutions on one thread. On processors that NNPACK does not know every such convolution
/// prints a warning, thousands a run; it is switched off, oneDNN does the work either way.
/// </summary>
internal static partial class Nnpack
{
    private static readonly Lazy<bool> Off = new(Apply);

    /// <summary>Switches it off for the process; acts once.</summary>
    /// <returns>Whether libtorch took it: on Linux, where its names of C++ functions are known.</returns>
    public static bool SwitchOff() => Off.Value;

    private static bool Apply()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            SetUserEnabled(GlobalContext(), 0);
            return true;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another libtorch: the warnings stay, nothing else changes.
            return false;
        }
    }

    // at::globalContext()
    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    // at::Context::setUserEnabledNNPACK(bool)
    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    private static partial void SetUserEnabled(nint context, byte enabled);
}
