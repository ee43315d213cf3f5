// Sentences and facts for offers: nothing in them that the data does not say.
#pragma once

#include <crosslift/history.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace crosslift {

/// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number);

/// 4.2 -> "4.20".
std::string money(double amount);

/// 0.1234 -> "12.3 %".
std::string percent(double share);

/// "214 of 1,003 baskets with NAME also had it, 5.1 times as many as by chance"; `contexts` names what was counted.
std::string bought_together(const Evidence& evidence, std::string_view anchor, std::string_view contexts);

}  // namespace crosslift
