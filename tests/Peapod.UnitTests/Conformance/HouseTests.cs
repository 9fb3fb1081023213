namespace Peapod.UnitTests.Conformance;

/// <summary>Arrows go one way: no folder's types use those of another that uses its own, near or far (STYLE.md, DESIGN.md "Houses and rooms").</summary>
public sealed class HouseTests
{
    [Fact]
    public void No_folder_uses_another_that_uses_it()
    {
        var arrows = House.Read().ToLookup(static file => file.Namespace, static file => file.Uses).ToDictionary(static folder => folder.Key, static folder => folder.SelectMany(static used => used).ToHashSet());
        Assert.True(arrows.Count > 40, "the sources are not where this test looks for them");

        Assert.Equal([], arrows.Keys.Where(folder => Reaches(arrows, folder, folder)).Order());
    }

    [Fact]
    public void A_cycle_would_be_found()
    {
        var arrows = new Dictionary<string, HashSet<string>> { ["A"] = ["B"], ["B"] = ["C"], ["C"] = ["B"], ["D"] = ["A"] };

        Assert.Equal(["B", "C"], arrows.Keys.Where(folder => Reaches(arrows, folder, folder)).Order());
    }

    [Fact]
    public void The_picture_in_the_docs_is_drawn_from_the_sources()
    {
        var path = Path.Combine(Repository.Root, "docs", "house.svg");
        var picture = HousePicture.Draw(House.Read());
        if (Environment.GetEnvironmentVariable("PEAPOD_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, picture);
        }

        Assert.True(File.ReadAllText(path) == picture, "docs/house.svg does not show the sources as they are: make picture draws it anew");
    }

    private static bool Reaches(Dictionary<string, HashSet<string>> arrows, string from, string to)
    {
        var seen = new HashSet<string>();
        var left = new Stack<string>(arrows[from]);
        while (left.TryPop(out var next))
        {
            if (next == to)
            {
                return true;
            }

            if (seen.Add(next) && arrows.TryGetValue(next, out var further))
            {
                foreach (var folder in further)
                {
                    left.Push(folder);
                }
            }
        }

        return false;
    }
}
