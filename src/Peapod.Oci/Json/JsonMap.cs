using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Peapod.Oci.Json;

/// <summary>
/// A JSON object with free keys, sorted by key (ordinal) as Go writes its maps, looked up by binary search.
/// Of a key given twice the last value counts.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "It is JSON's map, read-only.")]
[SuppressMessage("Design", "CA1000", Justification = "Empty is for generated code and defaults, where the type is spelled out anyway.")]
public sealed class JsonMap<T> : IReadOnlyDictionary<string, T>
{
    private static JsonMap<T>? s_empty;

    private readonly KeyValuePair<string, T>[] _entries;

    private JsonMap(KeyValuePair<string, T>[] entries, int count)
    {
        _entries = entries;
        Count = count;
    }

    /// <summary>A map without entries.</summary>
    public static JsonMap<T> Empty => s_empty ??= new([], 0);

    /// <summary>How many different keys there are.</summary>
    public int Count { get; }

    /// <summary>The keys, sorted.</summary>
    public IEnumerable<string> Keys
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                yield return _entries[i].Key;
            }
        }
    }

    /// <summary>The values, in the order of their keys.</summary>
    public IEnumerable<T> Values
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                yield return _entries[i].Value;
            }
        }
    }

    /// <summary>The value of a key that is there.</summary>
    public T this[string key] => TryGetValue(key, out T? value) ? value : throw new KeyNotFoundException(key);

    /// <summary>Takes over an array of entries, in the order they were read.</summary>
    internal static JsonMap<T> Take(KeyValuePair<string, T>[] entries)
    {
        int count = entries.Length;
        if (count == 0)
        {
            return Empty;
        }
        if (!IsSorted(entries, count))
        {
            Sort(entries, new KeyValuePair<string, T>[count], 0, count);
            count = KeepLastOfEachKey(entries, count);
        }
        return new(entries, count);
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => IndexOf(key) >= 0;

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        int index = IndexOf(key);
        value = index >= 0 ? _entries[index].Value : default;
        return index >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return _entries[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(string key)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int order = string.CompareOrdinal(_entries[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }
            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }
        return -1;
    }

    private static bool IsSorted(KeyValuePair<string, T>[] entries, int count)
    {
        for (int i = 1; i < count; i++)
        {
            if (string.CompareOrdinal(entries[i - 1].Key, entries[i].Key) >= 0)
            {
                return false;
            }
        }
        return true;
    }

    // A merge sort, because it must be stable: the last of equal keys is to stay the last.
    private static void Sort(KeyValuePair<string, T>[] entries, KeyValuePair<string, T>[] spare, int start, int end)
    {
        if (end - start < 2)
        {
            return;
        }
        int middle = (start + end) >> 1;
        Sort(entries, spare, start, middle);
        Sort(entries, spare, middle, end);
        Array.Copy(entries, start, spare, start, end - start);
        int left = start;
        int right = middle;
        for (int i = start; i < end; i++)
        {
            bool takeLeft = right == end
                || (left < middle && string.CompareOrdinal(spare[left].Key, spare[right].Key) <= 0);
            entries[i] = takeLeft ? spare[left++] : spare[right++];
        }
    }

    private static int KeepLastOfEachKey(KeyValuePair<string, T>[] entries, int count)
    {
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            bool repeated = i + 1 < count && entries[i].Key == entries[i + 1].Key;
            if (!repeated)
            {
                entries[kept++] = entries[i];
            }
        }
        return kept;
    }
}
