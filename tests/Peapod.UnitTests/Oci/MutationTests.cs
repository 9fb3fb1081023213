using System.Text;
using Peapod.Oci;

namespace Peapod.UnitTests.Oci;

public sealed class MutationTests
{
    [Theory]
    [InlineData("\"")]
    [InlineData("{")]
    [InlineData("]")]
    [InlineData("0")]
    [InlineData("\\")]
    [InlineData("\0")]
    public void A_document_with_one_wrong_byte_is_either_read_or_refused_with_a_reason(string wrong)
    {
        byte[] document = Encoding.UTF8.GetBytes(Documents.EveryField);
        int refused = 0;
        for (int i = 0; i < document.Length; i += 3)
        {
            byte right = document[i];
            document[i] = (byte)wrong[0];
            try
            {
                SpecValidator.Validate(Spec.Parse(document));
            }
            catch (SpecException error)
            {
                Assert.NotEqual("", error.Reason);
                refused++;
            }
            document[i] = right;
        }

        Assert.InRange(refused, document.Length / 300, document.Length);
    }

    [Fact]
    public void A_document_with_a_byte_that_is_not_UTF8_anywhere_does_no_harm()
    {
        byte[] document = Encoding.UTF8.GetBytes(Documents.EveryField);
        for (int i = 0; i < document.Length; i += 3)
        {
            byte right = document[i];
            document[i] = 0xC0;
            try
            {
                Spec.Parse(document);
            }
            catch (SpecException error)
            {
                Assert.NotEqual("", error.Reason);
            }
            document[i] = right;
        }
    }
}
