// Everything a user may say. Include single headers where compile time matters.
#pragma once

#include <crosslift/als.hpp>
#include <crosslift/arrow.hpp>
#include <crosslift/catalog.hpp>
#include <crosslift/columns.hpp>
#include <crosslift/comparison.hpp>
#include <crosslift/complement.hpp>
#include <crosslift/context.hpp>
#include <crosslift/device.hpp>
#include <crosslift/ease.hpp>
#include <crosslift/error.hpp>
#include <crosslift/evaluation.hpp>
#include <crosslift/files.hpp>
#include <crosslift/history.hpp>
#include <crosslift/ids.hpp>
#include <crosslift/matrix.hpp>
#include <crosslift/model_io.hpp>
#include <crosslift/offers.hpp>
#include <crosslift/own_history.hpp>
#include <crosslift/price.hpp>
#include <crosslift/progress.hpp>
#include <crosslift/replenishment.hpp>
#include <crosslift/retrieval.hpp>
#include <crosslift/sparse.hpp>
#include <crosslift/trade_up.hpp>
#include <crosslift/transactions.hpp>
