#include "offers/segments.hpp"

#include "offers/state.hpp"

#include <crosslift/offers.hpp>

#include <cstddef>

namespace crosslift {
namespace {

std::size_t idx(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// Prices are held as floats: 1.71 is 0.95 of 1.80 although neither is exact.
constexpr double rounding = 1 + 1e-6;

// Purchases of known price, and those of them below the regular one.
struct Priced {
    std::int64_t all = 0, below = 0;
};

Priced count_priced(const PurchaseHistory& history, std::span<const float> regular,
                    std::span<const std::int32_t> visits) {
    Priced priced;
    for (const std::int32_t visit : visits)
        for (auto cell = idx(history.baskets.indptr[idx(visit)]); cell < idx(history.baskets.indptr[idx(visit) + 1]);
             ++cell) {
            const auto paid = static_cast<double>(history.unit_price[cell]);
            const auto usual = static_cast<double>(regular[idx(history.baskets.indices[cell])]);
            if (!(paid >= 0) || !(usual > 0)) continue;  // NaN is an unknown price
            ++priced.all;
            if (paid <= promo_price_ratio * usual * rounding) ++priced.below;
        }
    return priced;
}

}  // namespace

std::vector<CustomerSegment> find_segments(const PurchaseHistory& history, const Catalog& catalog) {
    std::vector<CustomerSegment> segments(idx(history.customers), CustomerSegment::repeat);
    const auto regular = catalog.price();
    const bool priced = !regular.empty() && !history.unit_price.empty();
    for (std::int32_t customer = 0; customer < history.customers; ++customer) {
        const auto visits = history.customer_baskets.view().row(customer);
        if (static_cast<std::int64_t>(visits.size()) <= new_customer_baskets) {
            segments[idx(customer)] = CustomerSegment::new_customer;
        } else if (priced) {
            const Priced found = count_priced(history, regular, visits);
            if (found.all >= promo_purchases && 2 * found.below > found.all)
                segments[idx(customer)] = CustomerSegment::promo_driven;
        }
    }
    return segments;
}

std::optional<CustomerSegment> EngineState::segment_of(const std::string& customer) const {
    if (customer.empty() || models.customers.size() == 0) return {};
    const std::int32_t row = models.customers.find(customer);
    return row == IdMap::unknown ? CustomerSegment::new_customer : segments[idx(row)];
}

std::optional<CustomerSegment> OfferEngine::segment_of(const std::string& customer) const {
    return state_->segment_of(customer);
}

}  // namespace crosslift
