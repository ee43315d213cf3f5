// Every customer's segment, computed once per engine.
#pragma once

#include <crosslift/catalog.hpp>
#include <crosslift/history.hpp>
#include <crosslift/segment.hpp>

#include <vector>

namespace crosslift {

/// One entry per customer row, by the rules of crosslift/segment.hpp; `catalog` is aligned to the items of `history`.
std::vector<CustomerSegment> find_segments(const PurchaseHistory& history, const Catalog& catalog);

}  // namespace crosslift
