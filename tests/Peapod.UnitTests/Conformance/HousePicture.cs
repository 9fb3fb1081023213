using System.Globalization;
using System.Text;

namespace Peapod.UnitTests.Conformance;

/// <summary>Draws the rooms and who uses whom as SVG. An arrow points to who uses a room; arrows that others imply are left out.</summary>
internal static class HousePicture
{
    private const int Width = 205, Height = 58, Column = 275, Row = 92, Margin = 20;

    internal static string Draw(IReadOnlyList<House.Source> sources)
    {
        var rooms = sources.ToLookup(static source => source.Room);
        var uses = rooms.ToDictionary(static room => room.Key, room => UsedBy(room, rooms.Select(static other => other.Key)));
        var depths = new Dictionary<string, int>();
        var places = Place([.. rooms.Select(static room => room.Key).GroupBy(room => Depth(room, uses, depths)).OrderBy(static layer => layer.Key)], out var size);
        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size.X} {size.Y}" font-family="sans-serif" font-size="15">""");
        Line(svg, """<title>Peapod's rooms: an arrow points to who uses a room</title>""");
        Line(svg, """<defs><marker id="end" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="#456"/></marker></defs>""");
        Line(svg, $"""<rect width="{size.X}" height="{size.Y}" fill="#fff"/>""");
        foreach (var (user, used) in uses.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            foreach (var room in used.Where(room => !used.Any(other => other != room && Reaches(other, room, uses))).Order(StringComparer.Ordinal))
            {
                var (from, to) = (places[room], places[user]);
                Line(svg, $"""<path d="M{from.X + Width} {from.Y + (Height / 2)} C{from.X + Width + 45} {from.Y + (Height / 2)} {to.X - 45} {to.Y + (Height / 2)} {to.X} {to.Y + (Height / 2)}" fill="none" stroke="#456" stroke-width="1.5" marker-end="url(#end)"/>""");
            }
        }

        foreach (var room in rooms.OrderBy(static room => room.Key, StringComparer.Ordinal))
        {
            var (x, y) = places[room.Key];
            Line(svg, $"""<rect x="{x}" y="{y}" width="{Width}" height="{Height}" rx="6" fill="#eef4fa" stroke="#456"/>""");
            Line(svg, $"""<text x="{x + 12}" y="{y + 25}" font-weight="bold">{room.Key}</text>""");
            Line(svg, $"""<text x="{x + 12}" y="{y + 46}" fill="#456">{Size(room)}</text>""");
        }

        Line(svg, "</svg>");
        return svg.ToString();
    }

    /// <summary>Rounded, so that the picture need not be drawn anew for each line that is written.</summary>
    private static string Size(IGrouping<string, House.Source> room)
    {
        var lines = room.Sum(static source => source.Lines);
        var folders = room.Select(static source => source.Namespace).Distinct().Count();
        var unit = lines < 1000 ? 100.0 : 1000.0;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Round(lines / unit)) * unit:#,0} lines, {folders} {(folders == 1 ? "folder" : "folders")}");
    }

    private static HashSet<string> UsedBy(IEnumerable<House.Source> room, IEnumerable<string> rooms)
    {
        var longestFirst = rooms.OrderByDescending(static name => name.Length).ToList();
        var own = room.First().Room;
        return [.. room.SelectMany(static source => source.Uses).Select(used => longestFirst.Find(name => used == name || used.StartsWith(name + ".", StringComparison.Ordinal))).OfType<string>().Where(name => name != own)];
    }

    private static int Depth(string room, Dictionary<string, HashSet<string>> uses, Dictionary<string, int> known)
    {
        if (!known.TryGetValue(room, out var depth))
        {
            depth = known[room] = uses[room].Select(used => 1 + Depth(used, uses, known)).DefaultIfEmpty(0).Max();
        }

        return depth;
    }

    private static bool Reaches(string from, string to, Dictionary<string, HashSet<string>> uses) => uses[from].Contains(to) || uses[from].Any(used => Reaches(used, to, uses));

    private static Dictionary<string, (int X, int Y)> Place(List<IGrouping<int, string>> layers, out (int X, int Y) size)
    {
        var tallest = layers.Max(static layer => layer.Count());
        var places = new Dictionary<string, (int X, int Y)>();
        foreach (var layer in layers)
        {
            var names = layer.Order(StringComparer.Ordinal).ToList();
            var top = Margin + ((tallest - names.Count) * Row / 2);
            for (var i = 0; i < names.Count; i++)
            {
                places[names[i]] = (Margin + (layer.Key * Column), top + (i * Row));
            }
        }

        size = ((2 * Margin) + ((layers.Count - 1) * Column) + Width, (2 * Margin) + ((tallest - 1) * Row) + Height);
        return places;
    }

    private static void Line(StringBuilder svg, string line) => svg.Append(line).Append('\n');
}
