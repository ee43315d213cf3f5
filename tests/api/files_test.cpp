// Files as shops write them: odd, broken and hostile ones.
#include "support/temporary_folder.hpp"

#include <crosslift/error.hpp>
#include <crosslift/files.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace crosslift {
namespace {

using testing::message_of;
using testing::read_bytes;
using testing::TemporaryFolder;

const std::string header = "customer_id,basket_id,item_id,timestamp,quantity,unit_price\n";

Transactions read_text(const std::string& text, const TransactionColumns& columns = {}) {
    const TemporaryFolder folder;
    return read_transactions(folder.write("t.csv", text), columns);
}

Catalog catalog_text(const std::string& text, const CatalogColumns& columns = {}) {
    const TemporaryFolder folder;
    return read_catalog(folder.write("c.csv", text), columns);
}

std::string data_error(const std::string& text) {
    return message_of<DataError>([&] { read_text(text); });
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(CsvFile, ReadsPlainAndPackedAlike) {
    const TemporaryFolder folder;
    const std::string text = header + "k1,b1,011,2011-12-01T08:26,2,1.5\n,b1,11,2011-12-01T08:26,1,\n";
    for (const auto& path :
         {folder.write("t.csv", text), folder.write_gz("t.csv.gz", text), folder.write_gz("t", text)}) {
        const Transactions data = read_transactions(path);
        ASSERT_EQ(data.size(), 2);
        EXPECT_EQ(data.items()[0], "011");
        EXPECT_EQ(data.items()[1], "11");
        EXPECT_FALSE(data.items().integers) << "ids of files are text";
        EXPECT_EQ(data.customer()[1], IdMap::unknown);
        EXPECT_EQ(data.quantity()[0], 2);
        EXPECT_TRUE(std::isnan(data.unit_price()[1]));
        EXPECT_EQ(data.time_kind(), TimeKind::timestamp);
        EXPECT_EQ(data.time()[0], 1322727960);
    }
}

TEST(CsvFile, MarksAndLineEndsOfOtherSystemsDoNotMatter) {
    const std::string plain = header + "k,b,i,1,1,1\nk,b,j,1,-1,1\n";
    std::string windows, old_mac;
    for (const char c : plain) {
        windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
        old_mac += c == '\n' ? '\r' : c;
    }
    const std::string no_last_end = plain.substr(0, plain.size() - 1);
    for (const std::string& text :
         {plain, "\xEF\xBB\xBF" + plain, windows, old_mac, no_last_end, "\xEF\xBB\xBF" + windows}) {
        const Transactions data = read_text(text);
        ASSERT_EQ(data.size(), 1);
        EXPECT_EQ(data.customers()[0], "k");
        EXPECT_EQ(data.report().rejected.at(0).line, 3);
    }
}

TEST(CsvFile, QuotedFieldsHoldCommasQuotesAndLines) {
    const Catalog catalog =
        catalog_text("item_id,name,price\n\"a,1\",\"a \"\"fine\"\" thing\",1\n\"b\",\"two\nlines\",2\nc,5\" disk,-3\n");
    ASSERT_EQ(catalog.size(), 2);
    EXPECT_EQ(catalog.items()[0], "a,1");
    EXPECT_EQ(catalog.name(0), "a \"fine\" thing");
    EXPECT_EQ(catalog.name(1), "two lines");
    EXPECT_EQ(catalog.rejected().at(0).line, 5) << "the row before stands on two lines";
}

TEST(CsvFile, BlankLinesAreSkippedAndCounted) {
    const Transactions data = read_text(header + "\n\nk,b,i,1,1,1\n\r\nk,b,i,1,0,1\n\n");
    EXPECT_EQ(data.report().lines, 2);
    EXPECT_EQ(data.report().rejected.at(0).line, 6);
}

TEST(CsvFile, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
    const std::string mark = "\xEF\xBF\xBD";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"caf\xE9", "caf" + mark},                        // Latin-1
        {"caf\xC3\xA9", "caf\xC3\xA9"},                   // UTF-8
        {"\xF0\x9F\x8D\x8E", "\xF0\x9F\x8D\x8E"},         // four bytes
        {"\xC0\xAF", mark + mark},                        // overlong
        {"\xED\xA0\x80", mark + mark + mark},             // a surrogate
        {"\xF5\x80\x80\x80", mark + mark + mark + mark},  // beyond U+10FFFF
        {"\xE2\x82", mark + mark},                        // cut off
        {"12345678\xFF", "12345678" + mark},
    };
    for (const auto& [bytes, wanted] : cases) {
        EXPECT_EQ(read_text(header + "k,b," + bytes + ",1,1,1\n").items()[0], wanted) << bytes;
    }
}

TEST(CsvFile, MalformedFieldsRejectTheirLine) {
    const Transactions data = read_text(header +
                                        "k,b,i,2011-12-01,1,1\n"
                                        "k,b,i,2011-12-01,two,1\n"
                                        "k,b,i,2011-12-01,1,1.2.3\n"
                                        "k,b,i,17,1,1\n"
                                        "k,b,i,2011-13-01,1,1\n"
                                        "k,b\n"
                                        "k,b,,2011-12-01,1,1\n"
                                        "k,,i,2011-12-01,1,1\n"
                                        "k,b,i,2011-12-01,1,inf\n"
                                        "k,b,i,,1,1\n");
    const auto& rejected = data.report().rejected;
    EXPECT_EQ(data.report().lines, 10);
    EXPECT_EQ(data.size(), 1);
    const std::vector<const char*> reasons = {
        rejection::quantity_malformed, rejection::price_malformed, rejection::time_malformed,
        rejection::time_malformed,     rejection::too_few_fields,  rejection::no_item,
        rejection::no_basket,          rejection::price_infinite,  rejection::no_time};
    ASSERT_EQ(rejected.size(), reasons.size());
    for (std::size_t n = 0; n < reasons.size(); ++n) {
        EXPECT_EQ(rejected[n].reason, reasons[n]);
        EXPECT_EQ(rejected[n].line, static_cast<std::int64_t>(n) + 3);
    }
    EXPECT_EQ(rejected[0].value, "two");
}

TEST(CsvFile, LongRejectedValuesAreShortened) {
    const Transactions data = read_text(header + "k,b,i,1,1,1\nk,b,i,1," + std::string(1000, 'x') + ",1\n");
    EXPECT_EQ(data.report().rejected.at(0).value, std::string(40, 'x'));
}

TEST(CsvFile, WholeNumbersInTheTimeColumnAreAnOrder) {
    const Transactions data = read_text(header + "k,b,i,,1,1\nk,b,i,7,1,1\nk,b,i,2011-12-01,1,1\n");
    EXPECT_EQ(data.time_kind(), TimeKind::order);
    EXPECT_EQ(data.size(), 1);
    EXPECT_EQ(read_text(header + "k,b,i,,1,1\nk,b,j,,1,1\n").time_kind(), TimeKind::none);
}

TEST(CsvFile, MissingColumnsAreErrorsWhereTheyAreWanted) {
    const std::string message = message_of<DataError>([] { read_text("basket,item_id\nb,i\n"); });
    EXPECT_TRUE(holds(message, "no column 'basket_id'")) << message;
    EXPECT_TRUE(holds(message, "'basket', 'item_id'")) << message;

    const Transactions data = read_text("basket,item_id,other\nb,i,?\n", {.basket = "basket"});
    EXPECT_EQ(data.size(), 1);
    EXPECT_EQ(data.time_kind(), TimeKind::none);

    EXPECT_THROW(read_text("basket_id,item_id\nb,i\n", {.customer = "shopper"}), DataError);
    EXPECT_THROW(read_text("basket_id,item_id\nb,i\n", {.basket = ""}), DataError);
    EXPECT_NO_THROW(read_text("basket_id,item_id\nb,i\n", {.customer = "", .unit_price = ""}));
    EXPECT_TRUE(holds(data_error("basket_id,item_id,item_id\nb,i,j\n"), "two columns 'item_id'"));
}

TEST(CsvFile, OneColumnMayServeTwice) {
    const Transactions data = read_text("basket_id,item_id\nb1,i\n", {.customer = "basket_id"});
    EXPECT_EQ(data.customers()[0], "b1");
}

TEST(CsvFile, HeaderNamesAreTrimmed) {
    EXPECT_EQ(read_text(" basket_id ,\" item_id\"\nb,i\n").size(), 1);
}

TEST(CsvFile, UnreadableFilesAreOneClearError) {
    EXPECT_TRUE(holds(data_error(header + "k,b,i,1,1,1\nk,b,i,1,1,1,extra\n"), "line 3: more fields than the 6"));
    EXPECT_TRUE(holds(data_error(header + "k,b,i,1,1,1\nk,\"b,i,1,1,1\nk,b,i,1,1,1\n"), "line 3"));
    EXPECT_TRUE(holds(data_error(""), "is empty"));
    EXPECT_TRUE(holds(data_error("\n\n"), "is empty"));
    EXPECT_TRUE(holds(data_error("\xEF\xBB\xBF"), "is empty"));
    EXPECT_TRUE(holds(data_error(header), "no lines"));
    EXPECT_TRUE(holds(data_error("\xFF\xFEk\0,\0"), "UTF-16"));
    EXPECT_TRUE(holds(data_error(header + "k,b,i,1,-1,1\n"), "no purchase line is left"));
    const TemporaryFolder folder;
    EXPECT_TRUE(holds(message_of<FileError>([&] { read_transactions(folder / "absent.csv"); }), "absent.csv"));
    EXPECT_TRUE(holds(message_of<FileError>([&] { read_catalog(folder.path()); }), "folder"));
}

TEST(CsvFile, AFieldWithoutEndIsNotReadIntoMemory) {
    const std::string message = data_error(header + "k,\"b" + std::string(40'000'000, 'x') + "\n");
    EXPECT_TRUE(holds(message, "line 2")) << message;
    EXPECT_TRUE(holds(message, "16 MB")) << message;
}

TEST(CsvFile, BrokenGzipStreamsNameTheLine) {
    const TemporaryFolder folder;
    std::string text = header;
    std::mt19937 random(1);
    for (int n = 0; n < 50000; ++n) text += "k,b" + std::to_string(random()) + ",i,1,1,1\n";
    const std::string packed = read_bytes(folder.write_gz("good.gz", text));
    EXPECT_EQ(read_transactions(folder / "good.gz").size(), 50000);
    const auto cut = folder.write("cut.gz", packed.substr(0, packed.size() / 2));
    const std::string message = message_of<DataError>([&] { read_transactions(cut); });
    EXPECT_TRUE(holds(message, "cut.gz' line ")) << message;
    EXPECT_TRUE(holds(message, "ends early")) << message;
    std::string flipped = packed;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x10);
    EXPECT_TRUE(holds(message_of<DataError>([&] { read_transactions(folder.write("bad.gz", flipped)); }), "line "));
}

TEST(CsvCatalog, ReadsEveryColumn) {
    const CatalogColumns columns = {.category = {"department", "type"},
                                    .name = {"type", "brand", "size"},
                                    .manufacturer = "maker",
                                    .pack_size = "size",
                                    .cost = "cost",
                                    .margin = "margin",
                                    .available = "stock",
                                    .variant = "family",
                                    .tier = "tier",
                                    .series = "range",
                                    .service = "service",
                                    .ladder = "rungs",
                                    .attributes = {{"warmth", Attribute::Direction::lower_is_better, 2.0F, true}}};
    const Catalog catalog = catalog_text(
        "item_id,department,type,price,brand,maker,size,cost,margin,stock,family,tier,warmth,range,service,rungs\n"
        "a,Food,EGGS  LARGE,2.5,Own,m1,A D   1 DZ,1,0.5,yes,f,1,7,Spring,,plans\n"
        "b,Food,,,,,,,,No,,,,,yes,\n"
        "c,Food,x,1,,,,,,maybe,,,,,,\n"
        "d,Food,x,1,,,,,,1,,,warm,,,\n"
        "e,Food,x,1,,,,,,1,,,,,perhaps,\n",
        columns);
    ASSERT_EQ(catalog.size(), 2);
    EXPECT_EQ(catalog.name(0), "EGGS LARGE Own A D 1 DZ");
    EXPECT_EQ(catalog.name(1), "b");
    EXPECT_EQ(catalog.leaves()[catalog.leaf(0)], "Food > EGGS  LARGE");
    EXPECT_EQ(catalog.leaves()[catalog.leaf(1)], "Food");
    EXPECT_EQ(catalog.price()[0], 2.5F);
    EXPECT_EQ(catalog.cost()[0], 1);
    EXPECT_EQ(catalog.unit_margin(0), 0.5F);
    EXPECT_TRUE(catalog.available(0));
    EXPECT_FALSE(catalog.available(1));
    EXPECT_EQ(catalog.pack_size()[0], "A D   1 DZ");
    EXPECT_EQ(catalog.manufacturer().ids[0], "m1");
    EXPECT_EQ(catalog.variant().rows[1], IdMap::unknown);
    EXPECT_EQ(catalog.series().ids[catalog.series().rows[0]], "Spring");
    EXPECT_EQ(catalog.series().rows[1], IdMap::unknown);
    EXPECT_EQ(catalog.ladder().ids[catalog.ladder().rows[0]], "plans");
    EXPECT_EQ(catalog.ladder().rows[1], IdMap::unknown);
    EXPECT_FALSE(catalog.service(0));
    EXPECT_TRUE(catalog.service(1));
    EXPECT_EQ(catalog.tier()[0], 1);
    ASSERT_EQ(catalog.attributes().size(), 1U);
    EXPECT_EQ(catalog.attributes()[0].values[0], 7);
    EXPECT_TRUE(catalog.attributes()[0].must_have);
    ASSERT_EQ(catalog.rejected().size(), 3U);
    EXPECT_EQ(catalog.rejected()[0].line, 4);
    EXPECT_EQ(catalog.rejected()[1].reason, "warmth is not a number");
    EXPECT_EQ(catalog.rejected()[2].reason, rejection::service_malformed);
}

TEST(CsvCatalog, DefaultsThatAreAbsentAreUnknown) {
    const Catalog catalog = catalog_text("item_id\na\n");
    EXPECT_EQ(catalog.size(), 1);
    EXPECT_TRUE(catalog.price().empty());
    EXPECT_EQ(catalog.name(0), "a");
    EXPECT_THROW(catalog_text("item_id\na\n", {.category = {"type"}}), DataError);
    EXPECT_THROW(catalog_text("item_id\na\n", {.pack_size = "size"}), DataError);
    EXPECT_THROW(catalog_text("item_id\na\n", {.name = {"title"}}), DataError);
    EXPECT_THROW(catalog_text("item\na\n"), DataError);
}

// Writes random fields as RFC 4180 wants them; reading must give them back.
TEST(CsvFile, RandomFieldsComeBackAsTheyWereWritten) {
    std::mt19937 random(2);
    const std::string_view letters = "ab,\"\n 'x\xC3";
    for (int round = 0; round < 60; ++round) {
        std::vector<std::string> names;
        std::string text = "item_id,variant\n";
        for (int n = 0; n < 40; ++n) {
            std::string value;
            for (auto length = 1 + random() % 8; length > 0; --length) {
                const char c = letters[random() % letters.size()];
                value += c;
                if (c == '\xC3') value += '\xA9';
            }
            names.push_back(value);
            std::string quoted;
            for (const char c : value) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
            text += std::to_string(n) + ",\"" + quoted + "\"" + (random() % 2 == 0 ? "\n" : "\r\n");
        }
        const Catalog catalog = catalog_text(text, {.variant = "variant"});
        ASSERT_EQ(catalog.size(), 40);
        for (std::int32_t n = 0; n < 40; ++n) {
            ASSERT_EQ(catalog.variant().ids[catalog.variant().rows[static_cast<std::size_t>(n)]],
                      names[static_cast<std::size_t>(n)]);
        }
    }
}

// Whatever bytes come: a result or an Error, and every line accounted for.
TEST(CsvFile, RandomDamageNeverCrashes) {
    const TemporaryFolder folder;
    const std::string good =
        header + "k1,b1,\"i 1\",2011-12-01T08:26,2,1.5\r\n,b1,i2,2011-12-02,1,\nk2,b2,i1,2011-12-03,-1,0\n";
    std::mt19937 random(4);
    int read = 0;
    for (int round = 0; round < 1000; ++round) {
        std::string text = good;
        for (auto hits = 1 + random() % 4; hits > 0; --hits) {
            const std::size_t at = random() % text.size();
            const auto kind = random() % 3;
            if (kind == 0) text[at] = static_cast<char>(random());
            if (kind == 1) text.insert(at, 1, "\",\n\r\0\xEF"[random() % 6]);
            if (kind == 2) text.erase(at, 1 + random() % 5);
            if (text.empty()) text = " ";
        }
        const auto path = folder.write("t.csv", text);
        try {
            const Transactions data = read_transactions(path);
            ++read;
            ASSERT_EQ(data.report().lines,
                      data.report().kept + static_cast<std::int64_t>(data.report().rejected.size()));
        } catch (const Error&) {
        }
        try {
            read_catalog(path, {.variant = "basket_id"});
        } catch (const Error&) {
        }
    }
    EXPECT_GT(read, 300);
}

}  // namespace
}  // namespace crosslift
