// What every binding of an offer needs: offers out, queries in.
#pragma once

#include <crosslift/offers.hpp>

#include <pybind11/pybind11.h>

namespace crosslift::python {

/// True if the shop's item ids came as integers and go out as such.
bool item_integers(const OfferEngine& engine);

/// The fields of an offer in the order of crosslift.Offer.
pybind11::tuple to_python(const Offer& offer, bool integers);

/// An OfferQuery from the fields that Python's OfferQuery hands over.
OfferQuery query_of(pybind11::dict wishes);

/// bundle, replenish, next_basket, offers, plan, target_customers, compare.
void bind_selling(pybind11::class_<OfferEngine>& engine);

/// cross_sell_batch, upsell_batch, recommend_batch, similar_items_batch.
void bind_batch(pybind11::class_<OfferEngine>& engine);

}  // namespace crosslift::python
