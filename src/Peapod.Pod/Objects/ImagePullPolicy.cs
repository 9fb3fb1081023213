namespace Peapod.Pod.Objects;

/// <summary>When the image is asked for at its registry.</summary>
public enum ImagePullPolicy
{
    Always,
    IfNotPresent,
    Never,
}
