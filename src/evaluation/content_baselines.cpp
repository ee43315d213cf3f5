// What the catalog alone says goes together: items that look alike, without a single purchase.
#include "evaluation/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

namespace crosslift::evaluation {
namespace {

constexpr double price_width = 0.7;  // ItemContent's

/// score_j = sum over i in the basket of s_ij^power, s the cosine of the features; with prices as ItemContent has it.
class ContentCosine : public SingleScorer {
public:
    ContentCosine(const TrainingSet& set, const Setting& setting)
        : content_(set.content),
          holders_(transpose(content_->features)),
          power_(setting["power"]),
          log_price_(setting["price"] > 0 ? filled(content_->log_price) : std::vector<double>()) {}

private:
    /// Unknown prices are the mean of those known.
    static std::vector<double> filled(const std::vector<float>& log_price) {
        std::vector<double> filled(log_price.begin(), log_price.end());
        double sum = 0, known = 0;
        for (const double price : filled) {
            if (std::isnan(price)) continue;
            sum += price;
            known += 1;
        }
        if (known == 0) return {};
        for (double& price : filled) price = std::isnan(price) ? sum / known : price;
        return filled;
    }

    void score_one(const Query& query, std::span<double> scores) const override {
        std::ranges::fill(scores, 0.0);
        std::vector<double> cosine(scores.size());
        for (const std::int32_t i : query.items) {
            std::ranges::fill(cosine, 0.0);
            add_products(i, cosine);
            for (std::size_t j = 0; j < scores.size(); ++j) {
                if (cosine[j] > 0) scores[j] += std::pow(cosine[j] * closeness(static_cast<std::size_t>(i), j), power_);
            }
        }
    }

    void add_products(std::int32_t item, std::span<double> products) const {
        const CsrView features = content_->features, holders = holders_;
        for (std::size_t n = 0; n < features.row(item).size(); ++n) {
            const auto items = holders.row(features.row(item)[n]);
            const auto values = holders.row_values(features.row(item)[n]);
            const auto own = static_cast<double>(features.row_values(item)[n]);
            for (std::size_t m = 0; m < items.size(); ++m) {
                products[static_cast<std::size_t>(items[m])] += own * static_cast<double>(values[m]);
            }
        }
    }

    double closeness(std::size_t i, std::size_t j) const {
        if (log_price_.empty()) return 1;
        const double distance = (log_price_[i] - log_price_[j]) / price_width;
        return std::exp(-0.5 * distance * distance);
    }

    std::shared_ptr<const ItemContent> content_;
    CsrMatrix holders_;
    double power_;
    std::vector<double> log_price_;
};

}  // namespace

std::vector<Baseline> content_baselines() {
    Baseline baseline;
    baseline.method = "content cosine";
    baseline.grid = all_settings({{"power", {1, 2, 3, 4}}, {"price", {0, 1}}});
    baseline.fit = [](const TrainingSet& set, const Setting& setting) -> std::unique_ptr<Scorer> {
        return std::make_unique<ContentCosine>(set, setting);
    };
    baseline.needs_content = true;
    return {baseline};
}

}  // namespace crosslift::evaluation
