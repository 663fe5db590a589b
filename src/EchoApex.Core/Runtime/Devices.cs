using TorchSharp;
using static TorchSharp.torch;

namespace EchoApex.Core.Runtime;

/// <summary>Turns a wish into a device of this machine.</summary>
public static class Devices
{
    /// <summary>The device to compute on: of several GPUs the first that the process sees (CUDA_VISIBLE_DEVICES chooses).</summary>
    /// <param name="kind">The wish.</param>
    /// <exception cref="ConfigurationException">A GPU is wished for and there is none.</exception>
    public static Device Resolve(DeviceKind kind)
    {
        TorchRuntime.EnsureAvailable();
        if (kind == DeviceKind.Cpu || (kind == DeviceKind.Auto && !cuda.is_available()))
        {
            return CPU;
        }

        if (!cuda.is_available())
        {
            throw new ConfigurationException("run.device", "cuda is asked for, but libtorch sees no GPU. Run 'echoapex doctor'; build with -p:Backend=cuda (TorchSharp-cuda-linux or -windows), or set run.device: cpu.");
        }

        return new Device(DeviceType.CUDA, 0);
    }
}
