#include <crosslift/error.hpp>
#include <crosslift/ids.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace crosslift {
namespace {

TEST(Ids, RowsFollowFirstAppearance) {
    IdMap map;
    EXPECT_EQ(map.add("b"), 0);
    EXPECT_EQ(map.add("a"), 1);
    EXPECT_EQ(map.add("b"), 0);
    EXPECT_EQ(map.size(), 2);
    EXPECT_EQ(map[0], "b");
    EXPECT_EQ(map[1], "a");
    EXPECT_EQ(map.find("a"), 1);
    EXPECT_EQ(map.find("c"), IdMap::unknown);
}

TEST(Ids, AnEmptyMapKnowsNothing) {
    const IdMap map;
    EXPECT_EQ(map.size(), 0);
    EXPECT_EQ(map.find(""), IdMap::unknown);
    EXPECT_TRUE(map.holds_integers());
}

TEST(Ids, TextIsKeptAsItStands) {
    IdMap map;
    const std::string with_nul("a\0b", 3);
    const std::vector<std::string> ids = {"011", "11", "", " 11", "caf\xC3\xA9", with_nul, "a"};
    for (std::size_t n = 0; n < ids.size(); ++n) EXPECT_EQ(map.add(ids[n]), static_cast<std::int32_t>(n));
    for (std::size_t n = 0; n < ids.size(); ++n) EXPECT_EQ(map[static_cast<std::int32_t>(n)], ids[n]);
}

TEST(Ids, AgreesWithAnOrderedMapOnManyIds) {
    std::mt19937_64 random(7);
    IdMap map;
    std::map<std::string, std::int32_t> reference;
    for (int n = 0; n < 50000; ++n) {
        // Lengths around the eight bytes that are hashed at a time, many of them repeated.
        std::string id = std::to_string(random() % 20000);
        id.resize(id.size() + random() % 7, 'x');
        const auto [at, is_new] = reference.emplace(id, static_cast<std::int32_t>(reference.size()));
        ASSERT_EQ(map.add(id), at->second);
    }
    ASSERT_EQ(map.size(), static_cast<std::int32_t>(reference.size()));
    for (const auto& [id, row] : reference) {
        ASSERT_EQ(map.find(id), row);
        ASSERT_EQ(map[row], id);
        ASSERT_EQ(map.find(id + "?"), IdMap::unknown);
    }
}

TEST(Ids, ACopyGrowsOnItsOwn) {
    IdMap map;
    map.add("a");
    IdMap copy = map;
    copy.add("b");
    EXPECT_EQ(map.size(), 1);
    EXPECT_EQ(map.find("b"), IdMap::unknown);
    EXPECT_EQ(copy.find("b"), 1);
}

TEST(Ids, TextAndOffsetsMakeTheSameMap) {
    IdMap map;
    for (const char* id : {"x", "", "long id with words", "y"}) map.add(id);
    const IdMap again = IdMap::from_text(std::string(map.text()),
                                         std::vector<std::int64_t>(map.offsets().begin(), map.offsets().end()));
    ASSERT_EQ(again.size(), 4);
    for (std::int32_t row = 0; row < 4; ++row) EXPECT_EQ(again.find(map[row]), row);
}

TEST(Ids, BadTextAndOffsetsAreFormatErrors) {
    EXPECT_THROW(IdMap::from_text("ab", {}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {1, 2}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {0, 1}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {0, 3}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {0, 2, 1, 2}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {0, 9, 2}), FormatError);
    EXPECT_THROW(IdMap::from_text("ab", {0, -1, 2}), FormatError);
    EXPECT_THROW(IdMap::from_text("aa", {0, 1, 2}), FormatError);  // twice the same id
    EXPECT_EQ(IdMap::from_text("", {0}).size(), 0);
}

TEST(Ids, IntegersAreRecognisedByTheirUsualText) {
    const auto holds = [](const char* id) {
        IdMap map;
        map.add(id);
        return map.holds_integers();
    };
    for (const char* id : {"0", "7", "-3", "1000000007", "9223372036854775807", "-9223372036854775808"}) {
        EXPECT_TRUE(holds(id)) << id;
    }
    for (const char* id : {"", "011", "+5", "-0", "-", "1.0", " 1", "1 ", "85123A", "9223372036854775808"}) {
        EXPECT_FALSE(holds(id)) << id;
    }
}

TEST(Ids, AColumnKeepsMissingIds) {
    IdColumn column;
    EXPECT_TRUE(column.empty());
    for (const char* id : {"a", "", "b", "a"}) column.push_back(id);
    EXPECT_EQ(column.rows, (std::vector<std::int32_t>{0, IdMap::unknown, 1, 0}));
}

}  // namespace
}  // namespace crosslift
