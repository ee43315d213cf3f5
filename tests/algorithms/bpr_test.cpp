#include "support/temporary_folder.hpp"

#include <crosslift/bpr.hpp>
#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace crosslift {
namespace {

using testing::message_of;

/// Customers of three tastes over items of three kinds, popular items first in each; a tenth of what they bought is
/// kept back.
struct Planted {
    CsrMatrix train, later;

    explicit Planted(std::int64_t customers = 240, std::int64_t items = 120) {
        std::mt19937 random(3);
        std::uniform_real_distribution<double> uniform(0.0, 1.0);
        for (CsrMatrix* it : {&train, &later}) {
            it->rows = customers;
            it->cols = items;
        }
        for (std::int64_t u = 0; u < customers; ++u) {
            for (std::int32_t i = 0; i < items; ++i) {
                const double popular = 1.0 / (1.0 + i / 12);
                if (u % 40 == 39 || uniform(random) > popular * (u % 3 == i % 3 ? 0.6 : 0.06)) continue;
                (uniform(random) < 0.1 ? later : train).indices.push_back(i);
            }
            for (CsrMatrix* it : {&train, &later}) it->indptr.push_back(static_cast<std::int64_t>(it->indices.size()));
        }
    }

    /// Area under the ROC curve of what came later among what was not bought before, mean over customers.
    double auc(const std::function<double(std::int64_t, std::int32_t)>& score) const {
        double sum = 0;
        int judged = 0;
        for (std::int64_t u = 0; u < train.rows; ++u) {
            const auto known = train.view().row(u);
            const auto wanted = later.view().row(u);
            double right = 0;
            double pairs = 0;
            for (const std::int32_t i : wanted)
                for (std::int32_t j = 0; j < train.cols; ++j) {
                    if (std::binary_search(known.begin(), known.end(), j) ||
                        std::binary_search(wanted.begin(), wanted.end(), j))
                        continue;
                    right += score(u, i) > score(u, j) ? 1 : 0;
                    ++pairs;
                }
            if (pairs == 0) continue;
            sum += right / pairs;
            ++judged;
        }
        return sum / judged;
    }
};

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
    return sum;
}

BprOptions small() {
    BprOptions options;
    options.factors = 12;
    options.iterations = 40;
    return options;
}

std::vector<float> numbers_of(const BprModel& model) {
    std::vector<float> all;
    for (const Matrix* table : {&model.customer_factors, &model.item_factors})
        for (std::int64_t r = 0; r < table->rows(); ++r) {
            const auto row = table->row(r);
            all.insert(all.end(), row.begin(), row.end());
        }
    return all;
}

TEST(Bpr, RanksWhatIsBoughtLaterFarAbovePopularity) {
    const Planted shop;
    std::vector<double> sold(static_cast<std::size_t>(shop.train.cols), 0);
    for (const std::int32_t item : shop.train.indices) ++sold[static_cast<std::size_t>(item)];
    const double popularity = shop.auc([&](std::int64_t, std::int32_t i) { return sold[static_cast<std::size_t>(i)]; });
    const BprModel model = fit_bpr(shop.train, small());
    const double own = shop.auc(
        [&](std::int64_t u, std::int32_t i) { return dot(model.customer_factors.row(u), model.item_factors.row(i)); });
    EXPECT_GT(popularity, 0.6);
    EXPECT_GT(own, popularity + 0.08);
    ASSERT_EQ(model.train_auc.size(), 40U);
    EXPECT_NEAR(model.train_auc.front(), 0.5, 0.1);
    EXPECT_GT(model.train_auc.back(), 0.85);
    EXPECT_EQ(model.epochs, 40);

    // What customers bought says as much about them folded in as trained.
    const Matrix folded = fold_in(model, shop.train);
    const double again =
        shop.auc([&](std::int64_t u, std::int32_t i) { return dot(folded.row(u), model.item_factors.row(i)); });
    EXPECT_GT(again, own - 0.02);
}

TEST(Bpr, SameBitsAtAnyNumberOfThreadsAndOtherForAnotherSeed) {
    const Planted shop;
    BprOptions options = small();
    options.iterations = 3;
    options.threads = 1;
    const auto one = numbers_of(fit_bpr(shop.train, options));
    options.threads = 3;
    EXPECT_EQ(numbers_of(fit_bpr(shop.train, options)), one);
    options.seed = 1;
    EXPECT_NE(numbers_of(fit_bpr(shop.train, options)), one);
}

TEST(Bpr, CustomersWithoutPurchasesAreZeroAndValuesDoNotCount) {
    Planted shop;
    BprOptions options = small();
    options.iterations = 2;
    const BprModel model = fit_bpr(shop.train, options);
    for (const float number : model.customer_factors.row(39)) EXPECT_EQ(number, 0.0F);
    shop.train.values.assign(shop.train.indices.size(), 7.0F);
    EXPECT_EQ(numbers_of(fit_bpr(shop.train, options)), numbers_of(model));
    EXPECT_EQ(fold_in(model, {1, shop.train.cols, std::vector<std::int64_t>{0, 0}, {}, {}}).row(0)[0], 0.0F);
}

TEST(Bpr, AStopKeepsTheLastWholeEpoch) {
    const Planted shop;
    BprOptions options = small();
    std::stop_source stop;
    const BprModel stopped = fit_bpr(shop.train, options,
                                     {[&](const ProgressEvent& event) {
                                          EXPECT_EQ(event.stage, "bpr");
                                          EXPECT_EQ(event.steps, 40);
                                          if (event.step == 2) stop.request_stop();
                                      },
                                      stop.get_token()});
    EXPECT_TRUE(stopped.stopped_early);
    EXPECT_EQ(stopped.epochs, 2);
    options.iterations = 2;
    EXPECT_EQ(numbers_of(stopped), numbers_of(fit_bpr(shop.train, options)));
}

TEST(Bpr, SaysWhatIsWrong) {
    const Planted shop;
    const auto complaint = [&](auto change) {
        BprOptions options = small();
        change(options);
        return message_of<InvalidArgument>([&] { fit_bpr(shop.train, options); });
    };
    EXPECT_NE(complaint([](BprOptions& o) { o.factors = 1025; }).find("factors"), std::string::npos);
    EXPECT_NE(complaint([](BprOptions& o) { o.iterations = -1; }).find("iterations"), std::string::npos);
    EXPECT_NE(complaint([](BprOptions& o) { o.learning_rate = 0; }).find("learning_rate"), std::string::npos);
    EXPECT_NE(complaint([](BprOptions& o) { o.regularization = NAN; }).find("regularization"), std::string::npos);
    EXPECT_NE(complaint([](BprOptions& o) { o.threads = -1; }).find("threads"), std::string::npos);
    CsrMatrix bad = shop.train;
    bad.values.assign(bad.indices.size(), 1.0F);
    bad.values[3] = -1;
    EXPECT_NE(message_of<InvalidArgument>([&] { fit_bpr(bad, small()); }).find("value number 3"), std::string::npos);
    EXPECT_THROW(fit_bpr(CsrMatrix{}, small()), InvalidArgument);
    BprOptions wild = small();
    wild.learning_rate = 1e30F;
    EXPECT_NE(message_of<Error>([&] { fit_bpr(shop.train, wild); }).find("smaller learning_rate"), std::string::npos);
    BprOptions short_one = small();
    short_one.iterations = 1;
    const BprModel model = fit_bpr(shop.train, short_one);
    EXPECT_THROW(fold_in(model, {1, 3, std::vector<std::int64_t>{0, 0}, {}, {}}), InvalidArgument);
}

TEST(Bpr, WhatDoesNotFitIsSaidBeforehandWithWhatWould) {
    CsrMatrix wide;
    wide.rows = 1;
    wide.cols = 2'000'000'000;
    wide.indptr = {0, 1};
    wide.indices = {7};
    BprOptions options = small();
    options.factors = 1024;
    const std::string message = message_of<DeviceError>([&] { fit_bpr(wide, options); });
    EXPECT_NE(message.find("the factors 8192000004096"), std::string::npos) << message;
    EXPECT_NE(message.find("would fit"), std::string::npos) << message;
}

TEST(Bpr, ModelFileBringsItBack) {
    const Planted shop;
    BprOptions options = small();
    options.iterations = 2;
    options.seed = 9;
    const BprModel model = fit_bpr(shop.train, options);
    const testing::TemporaryFolder folder;
    save(model, folder / "m");
    const BprModel again = load_bpr(folder / "m");
    EXPECT_EQ(numbers_of(again), numbers_of(model));
    EXPECT_EQ(again.options.seed, 9U);
    EXPECT_EQ(again.options.learning_rate, options.learning_rate);
    EXPECT_EQ(again.train_auc, model.train_auc);
    EXPECT_EQ(again.epochs, 2);
    EXPECT_THROW(load_als(folder / "m"), FormatError);
}

}  // namespace
}  // namespace crosslift
