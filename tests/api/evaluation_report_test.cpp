// The report as a table and as JSON.
#include <crosslift/evaluation.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace crosslift {
namespace {

EvaluationReport example() {
    EvaluationReport report;
    report.task = "basket_completion";
    report.queries = 12;
    report.clusters = 3;
    report.methods = {{"popularity", {{"hr@10", {0.25, 0.125, 0.5}}, {"coverage@10", {0.5, NAN, NAN}}}},
                      {"EASE", {{"hr@10", {0.75, 0.5, 1}}, {"coverage@10", {1, NAN, NAN}}}}};
    report.notes = {"A note with \"quotes\"."};
    return report;
}

TEST(EvaluationReport, TheTableHasOneAlignedLinePerMethod) {
    EXPECT_EQ(example().table(),
              "basket_completion: 12 queries of 3 customers or baskets; [95 % interval]\n"
              "method                     hr@10  coverage@10\n"
              "popularity  0.250 [0.125, 0.500]        0.500\n"
              "EASE        0.750 [0.500, 1.000]        1.000\n"
              "- A note with \"quotes\".\n");
}

TEST(EvaluationReport, JsonHoldsEveryNumberAndNullForUnknownBounds) {
    const auto json = nlohmann::json::parse(example().json());
    EXPECT_EQ(json["task"], "basket_completion");
    EXPECT_EQ(json["queries"], 12);
    EXPECT_EQ(json["clusters"], 3);
    EXPECT_EQ(json["methods"][1]["method"], "EASE");
    EXPECT_EQ(json["methods"][1]["metrics"]["hr@10"]["value"], 0.75);
    EXPECT_EQ(json["methods"][0]["metrics"]["hr@10"]["low"], 0.125);
    EXPECT_TRUE(json["methods"][0]["metrics"]["coverage@10"]["high"].is_null());
    EXPECT_EQ(json["notes"][0], "A note with \"quotes\".");
}

TEST(EvaluationReport, WithoutMethodsIsStillReadable) {
    const EvaluationReport empty;
    EXPECT_NE(empty.table().find("0 queries"), std::string::npos);
    EXPECT_TRUE(nlohmann::json::parse(empty.json())["methods"].empty());
}

}  // namespace
}  // namespace crosslift
