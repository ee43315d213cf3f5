// Training and later purchases as one history.
#pragma once

#include <crosslift/history.hpp>

namespace crosslift::evaluation {

/// Both histories in one, in the order of time where there are times (ties: `a` first), else `a` before `b`. They have
/// the same rows of items and customers. Quantities are 1 and prices are not kept.
PurchaseHistory joined(const PurchaseHistory& a, const PurchaseHistory& b);

}  // namespace crosslift::evaluation
