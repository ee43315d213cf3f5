// Who a customer is by what they bought: segments that queries and rules can be limited to.
#pragma once

#include <cstdint>
#include <string_view>

namespace crosslift {

/// Every known customer is in exactly one; the first that fits, from the top. Conventions, not measured optima.
enum class CustomerSegment {
    new_customer,  ///< "new": at most `new_customer_baskets` baskets; also an id that the purchases do not know
    promo_driven,  ///< at least `promo_purchases` priced purchases, more than half of them below the regular price
    repeat,        ///< everybody else
};

/// A customer with so many baskets or fewer is new.
constexpr std::int64_t new_customer_baskets = 1;
/// Purchases of known price (an item in a basket, with a known price paid and a known regular price, Catalog::price())
/// that it takes to say what drives a customer. Where prices are unknown nobody is promo_driven.
constexpr std::int64_t promo_purchases = 5;
/// A purchase is below the regular price when its unit price is at most this share of it.
constexpr double promo_price_ratio = 0.95;

/// "new", "promo_driven", "repeat".
constexpr std::string_view name_of(CustomerSegment segment) {
    switch (segment) {
        case CustomerSegment::new_customer:
            return "new";
        case CustomerSegment::promo_driven:
            return "promo_driven";
        case CustomerSegment::repeat:
            break;
    }
    return "repeat";
}

constexpr CustomerSegment customer_segments[] = {CustomerSegment::new_customer, CustomerSegment::promo_driven,
                                                 CustomerSegment::repeat};

}  // namespace crosslift
