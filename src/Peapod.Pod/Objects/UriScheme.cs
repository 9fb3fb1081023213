using System.Text.Json.Serialization;

namespace Peapod.Pod.Objects;

/// <summary>How an HTTP probe or hook speaks.</summary>
public enum UriScheme
{
    [JsonStringEnumMemberName("HTTP")]
    Http,
    [JsonStringEnumMemberName("HTTPS")]
    Https,
}
