using System.Runtime.InteropServices;
using TorchSharp;

namespace EchoApex.Core.Runtime;

/// <summary>Checks that libtorch can be used and says truthfully why not.</summary>
public static class TorchRuntime
{
    /// <summary>Loads the native libraries or explains what keeps them from loading.</summary>
    /// <exception cref="NativeRuntimeException">A native library is missing or refuses to load; the message names it and the remedy.</exception>
    public static void EnsureAvailable()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
            using var probe = torch.zeros(1);
            SignalStacks.Protect();
        }
        catch (Exception error) when (error is NotSupportedException or DllNotFoundException or TypeInitializationException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new NativeRuntimeException(Explain(error), error);
        }
    }

    /// <summary>The file that TorchSharp's bridge library has on this system.</summary>
    internal static string BridgeFileName =>
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll" : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";

    /// <summary>Folders in which an application's native libraries lie.</summary>
    internal static IEnumerable<string> NativeFolders()
    {
        string root = AppContext.BaseDirectory;
        yield return root;
        yield return Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native");
        string portable = OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";
        yield return Path.Combine(root, "runtimes", portable, "native");
    }

    // TorchSharp reports every load failure as a missing backend package; asking the loader itself gives the true reason.
    private static string Explain(Exception error)
    {
        string? bridge = NativeFolders().Select(folder => Path.Combine(folder, BridgeFileName)).FirstOrDefault(File.Exists);
        if (bridge is null)
        {
            return $"TorchSharp's native library {BridgeFileName} is not beside the application ({AppContext.BaseDirectory}). "
                + "Reference the TorchSharp package from the application, or publish for this platform (linux-x64, win-x64 or osx-arm64).";
        }

        string? torchLibrary = NativeFolders().Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so")).FirstOrDefault(File.Exists);
        try
        {
            if (torchLibrary is not null)
            {
                NativeLibrary.Load(torchLibrary);
            }

            NativeLibrary.Load(bridge);
        }
        catch (Exception loadError) when (loadError is DllNotFoundException or BadImageFormatException)
        {
            string reason = loadError.Message;
            if (reason.Contains("GLIBCXX", StringComparison.Ordinal))
            {
                return $"The C++ runtime (libstdc++) of this system is too old for TorchSharp: {reason} "
                    + "Build the application with the EchoApex.Core package referenced, whose build step corrects this, or use Debian 13, Ubuntu 24.04 or newer.";
            }

            if (torchLibrary is null)
            {
                return $"libtorch is not beside the application ({AppContext.BaseDirectory}). Add one backend package to the application: "
                    + "TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, or put an installed libtorch 2.10 on the library path. The loader says: " + reason;
            }

            return $"libtorch is present but does not load: {reason}";
        }

        return $"TorchSharp could not start although its libraries load: {error.Message}";
    }
}
